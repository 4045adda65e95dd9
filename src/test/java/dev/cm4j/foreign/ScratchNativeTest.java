package dev.cm4j.foreign;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class ScratchNativeTest {
    @Test
    void grows_to_what_is_asked() {
        Scratch scratch = Scratch.ofThread();
        long[] many = LongStream.range(0, 10_000).toArray();
        assertEquals(9_999, scratch.longs(many).getAtIndex(JAVA_LONG, 9_999));
        assertEquals(7, scratch.longs(5, 6, 7).getAtIndex(JAVA_LONG, 2));
        double[] rates = new double[1000];
        rates[999] = 1e-3;
        assertEquals(1e-3, scratch.doubles(rates).getAtIndex(JAVA_DOUBLE, 999));
        String text = "ε".repeat(5000);
        assertEquals(text, scratch.text(text).getString(0));
    }

    @Test
    void reads_a_text_longer_than_its_first_buffer() {
        byte[] longText = "0123456789".repeat(300).getBytes(StandardCharsets.UTF_8);
        String read =
                Scratch.ofThread()
                        .text(
                                (buffer, bytes) -> {
                                    int cut = (int) Math.min(bytes - 1, longText.length);
                                    MemorySegment.copy(longText, 0, buffer, JAVA_BYTE, 0, cut);
                                    buffer.set(JAVA_BYTE, cut, (byte) 0);
                                    return longText.length;
                                },
                                1 << 20);
        assertEquals(3000, read.length());
    }

    @Test
    void each_thread_has_its_own() throws InterruptedException {
        var other = new AtomicReference<Scratch>();
        Thread thread = Thread.ofPlatform().start(() -> other.set(Scratch.ofThread()));
        thread.join();
        assertNotSame(Scratch.ofThread(), other.get());
    }

    @Test
    void virtual_threads_are_refused() throws InterruptedException {
        var thrown = new AtomicReference<Throwable>();
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        Scratch.ofThread();
                    } catch (Throwable e) {
                        thrown.set(e);
                    }
                })
                .join();
        assertInstanceOf(IllegalStateException.class, thrown.get());
        assertTrue(thrown.get().getMessage().contains("virtual thread"));
    }
}
