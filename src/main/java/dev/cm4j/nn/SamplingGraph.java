package dev.cm4j.nn;

import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Multistep sampling as one native call; on a CUDA device a captured graph. It lives until it is
 * closed and is used by one thread at a time.
 */
public final class SamplingGraph implements AutoCloseable {
    /** Rows of the coefficients. */
    public static final int ROWS = GraphNative.SAMPLE_ROWS;

    private final Arena arena = Arena.ofShared();
    private final SoleUse use;
    private final MemorySegment handle;

    private SamplingGraph(UNet net, int steps, long[] shape, boolean clip) {
        use = net.use();
        try {
            handle = GraphNative.sampling(net, steps, shape, clip, arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * A graph for one shape and number of steps.
     *
     * @param net the network
     * @param steps evaluations, at least 1
     * @param shape N, C, H, W
     * @param clip whether each estimate is limited to [−1, 1], as the result always is
     * @throws IllegalArgumentException if these do not fit each other
     */
    public static SamplingGraph create(UNet net, int steps, long[] shape, boolean clip) {
        return new SamplingGraph(net, steps, shape, clip);
    }

    /**
     * Samples.
     *
     * @param noise [steps, N, C, H, W]: the start, then what follows each step but the last
     * @param labels [N] or empty
     * @param start scale of the first noise
     * @param coefficients {@link #ROWS} rows, one number a step: c_skip, c_out, scale of the noise
     *     that follows, c_in, time input
     * @return [N, C, H, W] on the network's device, owned by the innermost open {@code Scope}
     * @throws IllegalStateException if another thread is in a pass of the network
     */
    public Tensor run(Tensor noise, Optional<Tensor> labels, double start, double[] coefficients) {
        use.begin();
        try {
            return GraphNative.sample(handle, noise, labels, start, coefficients);
        } finally {
            use.end();
        }
    }

    /** Captures taken so far, 0 on the CPU. */
    public long captures() {
        return GraphNative.captures(handle);
    }

    /** Frees the graph; does nothing the second time. */
    @Override
    public void close() {
        synchronized (arena) {
            if (arena.scope().isAlive()) {
                arena.close();
            }
        }
    }
}
