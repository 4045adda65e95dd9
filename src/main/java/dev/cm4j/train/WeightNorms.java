package dev.cm4j.train;

import dev.cm4j.optim.Optimizer;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;

/**
 * How large the weights are, and how far the last step moved them.
 *
 * <p>The step is found again from the moments it left behind, so that no copy of the weights is
 * kept, and only when somebody asks:
 *
 * <pre>
 *   ‖Δθ‖₂ = η ‖m̂ / (√v̂ + ε)‖₂,  with R of {@code RADAM}, and the decay of {@code ADAMW}
 * </pre>
 *
 * <p>A step that is a thousandth of the weights is a usual one.
 *
 * @param weights ‖θ‖₂
 * @param update ‖Δθ‖₂; NaN before the first step
 */
record WeightNorms(double weights, double update) {

    /** From this ρ on a step of {@code RADAM} is divided by √v̂. */
    private static final double TRACTABLE = 5;

    private static final long PIECE = 1 << 20;

    /**
     * Those of a state after a step.
     *
     * @param learningRate η of that step
     */
    static WeightNorms of(TrainState state, double learningRate) {
        try (Scope _ = Scope.open()) {
            Tensor weights = state.online().weights();
            return new WeightNorms(
                    weights.norm().item(),
                    update(weights, state.optimizer(), state.recipe().optimizer(), learningRate));
        }
    }

    /** Piece by piece, so that it takes no memory to speak of. */
    private static double update(
            Tensor weights, Optimizer optimizer, OptimizerConfig config, double learningRate) {
        double t = optimizer.stepCount();
        if (t == 0) {
            return Double.NaN;
        }
        Tensor first = optimizer.expAvg();
        Tensor second = optimizer.expAvgSq();
        long count = weights.elementCount();
        double squares = 0;
        for (long at = 0; at < count; at += PIECE) {
            long length = Math.min(PIECE, count - at);
            try (Scope _ = Scope.open()) {
                double norm =
                        moved(
                                        weights.narrow(0, at, length),
                                        first.narrow(0, at, length),
                                        second.narrow(0, at, length).sqrt(),
                                        t,
                                        config,
                                        learningRate)
                                .norm()
                                .item();
                squares += norm * norm;
            }
        }
        return Math.sqrt(squares);
    }

    /**
     * −Δθ.
     *
     * @param weights θ after the step
     * @param m the first moment
     * @param root √v
     * @param t steps taken
     */
    private static Tensor moved(
            Tensor weights,
            Tensor m,
            Tensor root,
            double t,
            OptimizerConfig config,
            double learningRate) {
        double first = 1 - Math.pow(config.beta1(), t);
        double second = 1 - Math.pow(config.beta2(), t);
        Tensor mean = m.times(learningRate / first); // η m̂
        return switch (config.kind()) {
            case ADAM -> adam(mean, root, second, config);
            case ADAMW -> {
                double kept = 1 - learningRate * config.weightDecay();
                Tensor step = adam(mean, root, second, config);
                yield weights.plus(step).dividedBy(kept).minus(weights);
            }
            case RADAM -> {
                double limit = 2 / (1 - config.beta2()) - 1;
                double rho = limit - 2 * t * Math.pow(config.beta2(), t) / second;
                if (rho <= TRACTABLE) {
                    yield mean;
                }
                double r =
                        Math.sqrt(
                                (rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho));
                // ε stands beside √v, not beside √v̂
                yield mean.dividedBy(root.plus(config.eps())).times(r * Math.sqrt(second));
            }
        };
    }

    /** η m̂ / (√v̂ + ε). */
    private static Tensor adam(Tensor mean, Tensor root, double second, OptimizerConfig config) {
        return mean.dividedBy(root.dividedBy(Math.sqrt(second)).plus(config.eps()));
    }
}
