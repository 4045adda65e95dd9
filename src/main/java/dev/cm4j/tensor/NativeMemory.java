package dev.cm4j.tensor;

import dev.cm4j.foreign.TorchOutOfMemoryException;

/** What native objects hold, in bytes and in number, over the whole process. */
public final class NativeMemory {
    /** The kinds of native object that are counted. */
    public enum Kind {
        /** Tensors, one for each handle. */
        TENSOR,
        /** Random streams. */
        RNG,
        /** Networks. */
        UNET,
        /** Optimisers. */
        OPTIM,
        /** Training steps and sampling runs as graphs. */
        GRAPH
    }

    private NativeMemory() {}

    /** Bytes in use by tensors and by the plans of networks. */
    public static long now() {
        return LibraryNative.memory(LibraryNative.NOW);
    }

    /** The largest {@link #now()} since the last {@link #resetPeak()}, in bytes. */
    public static long peak() {
        return LibraryNative.memory(LibraryNative.PEAK);
    }

    /** Begins a new measurement of the peak. */
    public static void resetPeak() {
        LibraryNative.resetPeak();
    }

    /** The limit in bytes, 0 where there is none. */
    public static long limit() {
        return LibraryNative.memory(LibraryNative.LIMIT);
    }

    /**
     * Lets what would pass this many bytes fail with {@code TorchOutOfMemoryException}; 0 lifts the
     * limit.
     *
     * @throws IllegalArgumentException if negative
     */
    public static void limit(long bytes) {
        LibraryNative.limit(bytes);
    }

    /**
     * Whether something failed for want of memory; a smaller batch may then succeed.
     *
     * @param failure what was thrown
     */
    public static boolean exhausted(Throwable failure) {
        return failure instanceof TorchOutOfMemoryException || failure instanceof OutOfMemoryError;
    }

    /** Live native objects of a kind. */
    public static long live(Kind kind) {
        return LibraryNative.live(kind);
    }
}
