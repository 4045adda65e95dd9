package dev.cm4j.nn;

import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A whole training step on pairs of points as one native call; on a CUDA device a captured graph.
 * It lives until it is closed and is used by one thread at a time.
 */
public final class TrainingGraph implements AutoCloseable {
    /** Rows of the coefficients: five numbers of each point, and the weight of the loss. */
    public static final int ROWS = GraphNative.PAIR_ROWS;

    private final Arena arena = Arena.ofShared();
    private final SoleUse use;
    private final MemorySegment handle;

    private TrainingGraph(
            UNet online,
            Optional<UNet> target,
            MemorySegment optimizer,
            List<Tensor> averages,
            long[] shape,
            Optional<Double> huber,
            boolean nanIsZero) {
        use = online.use();
        try {
            handle =
                    GraphNative.training(
                            online,
                            target,
                            optimizer,
                            averages,
                            shape,
                            huber.isPresent() ? GraphNative.PSEUDO_HUBER : GraphNative.L2,
                            huber.orElse(0.0),
                            nanIsZero,
                            arena);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * A graph for one shape of batch.
     *
     * @param online what is trained
     * @param target what gives the goals; empty: the online network
     * @param optimizer native object of the moments
     * @param averages weight vectors that follow, at most 8
     * @param shape N, C, H, W
     * @param huber c of the distance √(Σ d² + c²) - c; empty: mean d²
     * @param nanIsZero whether a goal that is no number counts as 0
     * @throws IllegalArgumentException if these do not fit each other
     */
    public static TrainingGraph create(
            UNet online,
            Optional<UNet> target,
            MemorySegment optimizer,
            List<Tensor> averages,
            long[] shape,
            Optional<Double> huber,
            boolean nanIsZero) {
        return new TrainingGraph(online, target, optimizer, averages, shape, huber, nanIsZero);
    }

    /**
     * Takes a step.
     *
     * @param x0 clean images [N, C, H, W], on any device
     * @param z noise, likewise
     * @param labels [N] or empty
     * @param coefficients {@link #ROWS} rows of N numbers: level, c_in, c_skip, c_out and time
     *     input of the noisier and of the cleaner point, weight
     * @param learningRate η
     * @param clipNorm largest norm of the gradients
     * @param dropoutSeed seed of the masks
     * @param rates one for each average
     * @return the N weighted losses, then the norm; where one is not finite nothing has changed
     * @throws IllegalStateException if another thread is in a pass of the online network
     */
    public double[] run(
            Tensor x0,
            Tensor z,
            Optional<Tensor> labels,
            double[] coefficients,
            double learningRate,
            double clipNorm,
            long dropoutSeed,
            double[] rates) {
        use.begin();
        try {
            return GraphNative.train(
                    handle,
                    x0,
                    z,
                    labels,
                    coefficients,
                    learningRate,
                    clipNorm,
                    dropoutSeed,
                    rates);
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
