package dev.cm4j.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The elements of a tensor beyond its scope and its thread, with no copy: for results that other
 * code shall read where they are.
 *
 * <p>Threads: any thread may read the segment and close it; reading after that throws {@link
 * IllegalStateException}.
 */
public final class TensorMemory implements AutoCloseable {

    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;
    private final DType dtype;
    private final long[] shape;

    private TensorMemory(Tensor tensor) {
        dtype = tensor.dtype();
        shape = tensor.shape();
        MemorySegment elements = tensor.asSegment();
        try {
            TensorNative.hold(tensor, arena);
            segment =
                    MemorySegment.ofAddress(elements.address())
                            .reinterpret(elements.byteSize(), arena, null);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Keeps the elements of a tensor.
     *
     * @param tensor contiguous, in main memory; it may end before what this returns does
     * @return its elements, the caller's to close
     * @throws IllegalArgumentException unless it is contiguous and in main memory
     */
    public static TensorMemory of(Tensor tensor) {
        return new TensorMemory(tensor);
    }

    /** The elements, row-major, little-endian; valid until {@link #close}. */
    public MemorySegment segment() {
        return segment;
    }

    /** Type of the elements. */
    public DType dtype() {
        return dtype;
    }

    /** Sizes of the dimensions. */
    public long[] shape() {
        return shape.clone();
    }

    /** Lets go of the elements; does nothing the second time. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
