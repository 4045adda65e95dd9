package dev.cm4j.optim;

import dev.cm4j.tensor.Tensor;

/** Exponential moving averages of weights. */
public final class Ema {
    private Ema() {}

    /**
     * a ← rate · a + (1 - rate) θ, one pass over memory.
     *
     * @param average a, {@code F32}; overwritten
     * @param weights θ, laid out as a, {@code F32}
     * @param rate in [0, 1]
     * @throws IllegalArgumentException if the lengths differ or rate is out of range
     */
    public static void update(Tensor average, Tensor weights, double rate) {
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException("averaging rate " + rate + " is not in [0, 1]");
        }
        OptimNative.average(average, weights, rate);
    }
}
