package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pickles whose dicts are copied without end, or whose keys all have one hash. */
class HostilePickleTest {

    private static final int MANY = 100_000;

    @TempDir private Path folder;

    @Test
    void dicts_of_a_dict_are_counted_with_their_values() {
        TorchBytes pickle = TorchBytes.begin().raw('}', 'q', 0, '(');
        for (int i = 0; i < 10_000; i++) {
            pickle.whole(i).raw('N');
        }
        pickle.raw('u', '0');
        for (int i = 0; i < 1000; i++) { // ten million values, of a few bytes each thousand
            pickle.global("collections", "OrderedDict").raw('h', 0, 0x85, 'R');
        }
        refused("dicts of other dicts with more than 4000000 values", pickle.stop());
    }

    @Test
    void dicts_of_pairs_are_counted_too() {
        TorchBytes pickle = TorchBytes.begin().raw(']', 'q', 0, '(');
        for (int i = 0; i < 10_000; i++) {
            pickle.whole(i).raw('N', 0x86);
        }
        pickle.raw('e', '0');
        for (int i = 0; i < 1000; i++) {
            pickle.global("collections", "OrderedDict").raw('h', 0, 0x85, 'R');
        }
        refused("dicts of other dicts with more than", pickle.stop());
    }

    @Test
    void pairs_have_each_key_once_and_no_dict_as_a_key() {
        refused(
                "the key 'w' twice in one dict",
                orderedDict(
                        TorchBytes.begin().global("collections", "OrderedDict"),
                        pickle -> {
                            pickle.text("w").raw('N', 0x86);
                            pickle.text("w").raw('N', 0x86);
                        }));
        refused(
                "a list, dict or storage as a key",
                orderedDict(
                        TorchBytes.begin().global("collections", "OrderedDict"),
                        pickle -> pickle.raw('}', 'N', 0x86)));
    }

    private interface Pairs {
        void into(TorchBytes pickle);
    }

    private static byte[] orderedDict(TorchBytes pickle, Pairs pairs) {
        pickle.raw(']', '(');
        pairs.into(pickle);
        return pickle.raw('e', 0x85, 'R').stop();
    }

    @Test
    void texts_of_one_hash_take_no_time() {
        assertEquals("AaAa".hashCode(), "BBBB".hashCode());
        opens(pickle -> i -> pickle.text(sameHash(i)));
    }

    @Test
    void numbers_of_one_hash_take_no_time() {
        assertEquals(Long.hashCode(0), Long.hashCode(7L << 32 | 7));
        opens(pickle -> i -> pickle.whole((long) i << 32 | i));
    }

    @Test
    void fractions_of_one_hash_take_no_time() {
        opens(pickle ->
                i ->
                        pickle.raw('G')
                                .raw(i >>> 24, i >>> 16 & 255, i >>> 8 & 255, i & 255)
                                .raw(i >>> 24, i >>> 16 & 255, i >>> 8 & 255, i & 255));
    }

    @Test
    void texts_and_numbers_of_one_hash_take_no_time() {
        int hash = sameHash(0).hashCode();
        opens(pickle ->
                i -> {
                    if (i % 2 == 0) {
                        pickle.text(sameHash(i / 2));
                    } else {
                        long high = i;
                        pickle.whole(high << 32 | (hash ^ i) & 0xFFFFFFFFL);
                    }
                });
    }

    /** One of 2^17 texts that all have the same hash. */
    private static String sameHash(int number) {
        StringBuilder text = new StringBuilder();
        for (int bit = 0; bit < 17; bit++) {
            text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
        }
        return text.toString();
    }

    private interface Keys {
        IntConsumer of(TorchBytes pickle);
    }

    private void opens(Keys keys) {
        TorchBytes pickle = TorchBytes.begin().raw('}', '(');
        IntConsumer key = keys.of(pickle);
        for (int i = 0; i < MANY; i++) {
            key.accept(i);
            pickle.raw('N');
        }
        pickle.text("w").tensor("FloatStorage", "0", 6, 0, new long[] {6}, new long[] {1});
        Path file = save(pickle.raw('u').stop());
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> {
                    try (TorchFile open = TorchFile.open(file)) {
                        assertEquals(List.of("w"), List.copyOf(open.entries().keySet()));
                    }
                });
    }

    private void refused(String part, byte[] pickle) {
        Path file = save(pickle);
        var refusal =
                assertTimeoutPreemptively(
                        Duration.ofSeconds(20),
                        () ->
                                assertThrows(
                                        FormatException.class, () -> TorchFile.open(file).close()));
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }

    private Path save(byte[] pickle) {
        Map<String, byte[]> records = TorchBytes.records(pickle, TorchBytes.floats(6));
        try {
            return Files.write(folder.resolve("hostile.pt"), TorchBytes.zip(records, true));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
