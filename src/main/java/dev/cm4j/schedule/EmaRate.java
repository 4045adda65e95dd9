package dev.cm4j.schedule;

/**
 * The rate β of an evaluation average: e ← β e + (1 − β) θ.
 *
 * <p>An average starts as a copy of θ.
 */
public sealed interface EmaRate {

    /**
     * β of an update.
     *
     * @param step number of this update, from 1: steps taken, the present one included
     * @param batchSize images of a step, at least 1
     * @return rate in [0, 1]
     */
    double rate(long step, long batchSize);

    /**
     * The same rate throughout.
     *
     * @param beta in [0, 1]
     */
    record Constant(double beta) implements EmaRate {

        /**
         * Checks the rate.
         *
         * @throws IllegalArgumentException if beta is outside [0, 1]
         */
        public Constant {
            if (!(beta >= 0 && beta <= 1)) {
                throw new IllegalArgumentException(
                        "the average's rate must lie in [0, 1], but is " + beta);
            }
        }

        @Override
        public double rate(long step, long batchSize) {
            return beta;
        }
    }

    /**
     * A half-life in images, shorter at the start of a run.
     *
     * <pre>
     *   β = ½^(B / max(min(H, ramp · n), 1e−8)),   n images seen
     * </pre>
     *
     * <p>Source: Karras et al. 2022, training loop of the published code.
     *
     * @param images H, images after which a weight has faded to one half, positive
     * @param ramp share of the images seen that limits the half-life, positive; ∞ for no limit
     */
    record HalfLife(double images, double ramp) implements EmaRate {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if images or ramp is not positive
         */
        public HalfLife {
            if (!(images > 0 && ramp > 0)) {
                throw new IllegalArgumentException(
                        "half-life and ramp must be positive, but are " + images + " and " + ramp);
            }
        }

        /**
         * A half-life without ramp.
         *
         * @param images H, positive
         */
        public HalfLife(double images) {
            this(images, Double.POSITIVE_INFINITY);
        }

        @Override
        public double rate(long step, long batchSize) {
            var seen = (double) step * batchSize;
            var life = Math.max(Math.min(images, ramp * seen), 1e-8);
            return Math.pow(0.5, batchSize / life);
        }
    }

    /**
     * A power-function profile, whose width is a share of the training time.
     *
     * <pre>
     *   β(k) = (1 − 1/k)^(γ+1)
     *   γ the positive root of γ³ + 7γ² + (16 − s⁻²) γ + (12 − s⁻²) = 0,   s = σ_rel
     * </pre>
     *
     * <p>Source: Karras et al. 2024 (EDM2), equations 4 and 126.
     *
     * @param gamma γ, positive
     */
    record Power(double gamma) implements EmaRate {

        /**
         * Checks γ.
         *
         * @throws IllegalArgumentException if gamma is not positive
         */
        public Power {
            if (!(gamma > 0)) {
                throw new IllegalArgumentException("gamma must be positive, but is " + gamma);
            }
        }

        /**
         * The profile of a relative width.
         *
         * @param width σ_rel in (0, 0.28): standard deviation of the profile as a share of the run
         * @return the profile
         * @throws IllegalArgumentException if no positive γ has this width
         */
        public static Power ofWidth(double width) {
            if (!(width > 0 && width * width < 1.0 / 12)) {
                throw new IllegalArgumentException(
                        "the relative width must lie in (0, 0.2886), but is " + width);
            }
            var s = 1 / (width * width);
            var gamma = 1 / width; // above the root, where the cubic is convex: Newton descends
            for (int i = 0; i < 60; i++) {
                var value = ((gamma + 7) * gamma + 16 - s) * gamma + 12 - s;
                var slope = (3 * gamma + 14) * gamma + 16 - s;
                gamma -= value / slope;
            }
            return new Power(gamma);
        }

        @Override
        public double rate(long step, long batchSize) {
            return Math.pow(1 - 1.0 / step, gamma + 1);
        }
    }
}
