package dev.cm4j.optim;

import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The moments of one weight vector, and the step they decide. It lives until it is closed and is
 * used by one thread at a time; its tensors belong to the innermost open {@code Scope}.
 */
public final class Optimizer implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final MemorySegment handle;

    private Optimizer(OptimizerConfig config, long elements) {
        try {
            handle = OptimNative.create(config, elements, arena);
        } catch (RuntimeException e) {
            arena.close();
            throw e;
        }
    }

    /**
     * An average that follows the weights: a ← rate · a + (1 - rate) θ.
     *
     * @param weights a, laid out as the weights, {@code F32}; overwritten
     * @param rate in [0, 1]
     */
    public record Average(Tensor weights, double rate) {
        /**
         * @throws IllegalArgumentException if rate is out of range
         */
        public Average {
            if (!(rate >= 0 && rate <= 1)) {
                throw new IllegalArgumentException("averaging rate " + rate + " is not in [0, 1]");
            }
        }
    }

    /**
     * Moments that are 0.
     *
     * @param elements length of the weight vector
     * @throws IllegalArgumentException if that is not positive
     */
    public static Optimizer create(OptimizerConfig config, long elements) {
        return new Optimizer(config, elements);
    }

    /**
     * One step of the weights, and then of the averages, in one pass over memory.
     *
     * @param weights {@code F32 [elements]}; overwritten
     * @param gradients {@code F32 [elements]}
     * @param learningRate η of this step
     * @param gradientScale what the gradients are multiplied by first: 1, or 1 / accumulated
     *     micro-batches
     * @param averages may be empty
     * @throws IllegalArgumentException if a length or type does not fit
     */
    public void step(
            Tensor weights,
            Tensor gradients,
            double learningRate,
            double gradientScale,
            List<Average> averages) {
        OptimNative.step(handle(), weights, gradients, learningRate, gradientScale, averages);
    }

    /** The first moment m, {@code F32 [elements]}; a view, so {@link Tensor#assign} restores it. */
    public Tensor expAvg() {
        return OptimNative.moment(handle(), OptimNative.EXP_AVG);
    }

    /**
     * The second moment v, {@code F32 [elements]}; a view, so {@link Tensor#assign} restores it.
     */
    public Tensor expAvgSq() {
        return OptimNative.moment(handle(), OptimNative.EXP_AVG_SQ);
    }

    /** t, steps taken. */
    public long stepCount() {
        return OptimNative.steps(handle());
    }

    /**
     * Goes on from a step.
     *
     * @throws IllegalArgumentException if negative
     */
    public void stepCount(long count) {
        OptimNative.steps(handle(), count);
    }

    /** Frees the moments; does nothing the second time. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    /** The native object, for downcalls of this library's packages. */
    public MemorySegment handle() {
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("this optimiser is closed");
        }
        return handle;
    }
}
