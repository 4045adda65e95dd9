package dev.cm4j.foreign;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The small native memory one thread's calls are made with: an out-parameter, a shape, a list of
 * handles. It is reused by every call, so what a method returns holds until the next call of the
 * same method.
 *
 * <p>Virtual threads are refused here, for all native work: LibTorch keeps its modes per carrier
 * thread.
 */
public final class Scratch {
    /** Writes at most the given bytes, NUL-terminated, and answers the full length. */
    @FunctionalInterface
    public interface TextSource {
        /**
         * @param buffer where the text goes
         * @param bytes size of the buffer
         * @return bytes of the whole text without its NUL
         */
        long write(MemorySegment buffer, long bytes);
    }

    private static final ThreadLocal<Scratch> THREAD = ThreadLocal.withInitial(Scratch::new);
    private static final int INITIAL_BYTES = 512;

    private final MemorySegment out;
    private MemorySegment longs;
    private MemorySegment handles;
    private MemorySegment doubles;
    private MemorySegment text;

    private Scratch() {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException(
                    "cm4j cannot work on a virtual thread, whose native modes would leak to others; use"
                            + " a platform thread: Thread.ofPlatform().start(…)");
        }
        NativeLibrary.load();
        out = room(ADDRESS.byteSize());
        longs = room(INITIAL_BYTES);
        handles = room(INITIAL_BYTES);
        doubles = room(INITIAL_BYTES);
        text = room(INITIAL_BYTES);
    }

    /**
     * This thread's scratch memory. The first call in a process loads the native library.
     *
     * @throws IllegalStateException on a virtual thread
     * @throws NativeLibraryException if the library cannot be loaded
     */
    public static Scratch ofThread() {
        return THREAD.get();
    }

    /** Eight bytes for an out-parameter. */
    public MemorySegment out() {
        return out;
    }

    /**
     * The handle the last call left in {@link #out()}; {@code MemorySegment.NULL} where there is
     * none.
     */
    public MemorySegment outHandle() {
        return out.get(ADDRESS, 0);
    }

    /** The {@code int64_t} the last call left in {@link #out()}. */
    public long outLong() {
        return out.get(JAVA_LONG, 0);
    }

    /** The {@code int32_t} the last call left in {@link #out()}. */
    public int outInt() {
        return out.get(JAVA_INT, 0);
    }

    /** The values as an {@code int64_t} array. */
    public MemorySegment longs(long... values) {
        longs = atLeast(longs, JAVA_LONG.byteSize() * values.length);
        MemorySegment.copy(values, 0, longs, JAVA_LONG, 0, values.length);
        return longs;
    }

    /** The values as an {@code int64_t} array. */
    public MemorySegment longs(int... values) {
        longs = atLeast(longs, JAVA_LONG.byteSize() * values.length);
        for (int i = 0; i < values.length; i++) {
            longs.setAtIndex(JAVA_LONG, i, values[i]);
        }
        return longs;
    }

    /**
     * Room for an {@code int64_t} array of this many elements; its content is what the last call
     * left.
     */
    public MemorySegment longRoom(int count) {
        longs = atLeast(longs, JAVA_LONG.byteSize() * count);
        return longs;
    }

    /** The values as a {@code double} array. */
    public MemorySegment doubles(double... values) {
        doubles = atLeast(doubles, JAVA_DOUBLE.byteSize() * values.length);
        MemorySegment.copy(values, 0, doubles, JAVA_DOUBLE, 0, values.length);
        return doubles;
    }

    /** The handles as an array of pointers; the caller keeps them alive during the call. */
    public MemorySegment handles(List<MemorySegment> values) {
        handles = atLeast(handles, ADDRESS.byteSize() * values.size());
        for (int i = 0; i < values.size(); i++) {
            handles.setAtIndex(ADDRESS, i, values.get(i));
        }
        return handles;
    }

    /** The text as NUL-terminated UTF-8. */
    public MemorySegment text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        text = atLeast(text, bytes.length + 1L);
        MemorySegment.copy(bytes, 0, text, JAVA_BYTE, 0, bytes.length);
        text.set(JAVA_BYTE, bytes.length, (byte) 0);
        return text;
    }

    /**
     * Reads a text of unknown length: asks once, and once more with room where the first was too
     * small.
     *
     * @param source the native function
     * @param longest bytes after which the text is cut
     */
    public String text(TextSource source, int longest) {
        text.set(JAVA_BYTE, 0, (byte) 0);
        long length = source.write(text, text.byteSize());
        if (length >= text.byteSize()) {
            text = atLeast(text, Math.min(length, longest) + 1);
            source.write(text, text.byteSize());
        }
        return text.getString(0);
    }

    private static MemorySegment atLeast(MemorySegment present, long bytes) {
        return present.byteSize() >= bytes
                ? present
                : room(Math.max(bytes, 2 * present.byteSize()));
    }

    /** Collected with the thread that uses it: nobody is told when a thread ends. */
    private static MemorySegment room(long bytes) {
        return Arena.ofAuto().allocate(bytes, Long.BYTES);
    }
}
