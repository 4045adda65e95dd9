package dev.cm4j.schedule;

/**
 * The learning rate of each step.
 *
 * <p>The step is the number of steps already taken, so the first update uses {@code at(0)}.
 */
public sealed interface LearningRate {

    /**
     * The rate of the next update.
     *
     * @param step k, steps taken so far, not negative
     * @return rate, not negative
     */
    double at(long step);

    /**
     * The same rate throughout; every published consistency run.
     *
     * @param peak the rate, positive
     */
    record Constant(double peak) implements LearningRate {

        /**
         * Checks the rate.
         *
         * @throws IllegalArgumentException if peak is not positive and finite
         */
        public Constant {
            requirePeak(peak);
        }

        @Override
        public double at(long step) {
            return peak;
        }
    }

    /**
     * A straight line to zero: peak · (1 − k/K).
     *
     * @param peak rate of the first step, positive
     * @param totalSteps K, at least 1; later steps have rate 0
     */
    record LinearToZero(double peak, long totalSteps) implements LearningRate {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if peak is not positive or totalSteps below 1
         */
        public LinearToZero {
            requirePeak(peak);
            Curriculum.require("totalSteps", totalSteps, 1);
        }

        @Override
        public double at(long step) {
            return peak * (1 - (double) Math.min(step, totalSteps) / totalSteps);
        }
    }

    /**
     * A straight rise, then constant: peak · min((k+1)/W, 1).
     *
     * @param peak the rate after the rise, positive
     * @param warmUpSteps W, not negative; 0 and 1 mean no rise
     */
    record WarmUp(double peak, long warmUpSteps) implements LearningRate {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if peak is not positive or warmUpSteps negative
         */
        public WarmUp {
            requirePeak(peak);
            Curriculum.require("warmUpSteps", warmUpSteps, 0);
        }

        @Override
        public double at(long step) {
            return peak * rise(step, warmUpSteps);
        }
    }

    /**
     * A straight rise, a constant middle, and a straight fall to zero at the end of the run.
     *
     * <pre>
     *   peak · min((k+1)/W, 1, (K−k)/tail)
     * </pre>
     *
     * @param peak rate of the middle, positive
     * @param warmUpSteps W, not negative
     * @param tailSteps steps of the fall, not negative; 0 means none
     * @param totalSteps K, at least W + tail; later steps have rate 0 if there is a tail
     */
    record WarmUpLinearTail(double peak, long warmUpSteps, long tailSteps, long totalSteps)
            implements LearningRate {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if peak is not positive, a length is negative, or rise
         *     and fall do not fit into the run
         */
        public WarmUpLinearTail {
            requirePeak(peak);
            Curriculum.require("warmUpSteps", warmUpSteps, 0);
            Curriculum.require("tailSteps", tailSteps, 0);
            Curriculum.require("totalSteps", totalSteps, Math.max(1, warmUpSteps + tailSteps));
        }

        @Override
        public double at(long step) {
            var fall =
                    tailSteps == 0 ? 1 : Math.clamp((double) (totalSteps - step) / tailSteps, 0, 1);
            return peak * Math.min(rise(step, warmUpSteps), fall);
        }
    }

    /**
     * Constant, then falling with the inverse square root: peak / √max(k/reference, 1), after a
     * straight rise.
     *
     * <p>Source: Karras et al. 2024, equation 15 of "Analyzing and Improving the Training Dynamics
     * of Diffusion Models".
     *
     * @param peak rate before the fall, positive
     * @param referenceSteps t_ref, steps until the fall begins, at least 1
     * @param warmUpSteps length of the rise, not negative
     */
    record InverseSquareRoot(double peak, long referenceSteps, long warmUpSteps)
            implements LearningRate {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if peak is not positive, referenceSteps below 1 or
         *     warmUpSteps negative
         */
        public InverseSquareRoot {
            requirePeak(peak);
            Curriculum.require("referenceSteps", referenceSteps, 1);
            Curriculum.require("warmUpSteps", warmUpSteps, 0);
        }

        @Override
        public double at(long step) {
            var fall = 1 / Math.sqrt(Math.max((double) step / referenceSteps, 1));
            return peak * fall * rise(step, warmUpSteps);
        }
    }

    private static double rise(long step, long warmUpSteps) {
        return warmUpSteps == 0 ? 1 : Math.min((step + 1.0) / warmUpSteps, 1);
    }

    private static void requirePeak(double peak) {
        if (!(peak > 0 && peak < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "the learning rate must be positive, but is " + peak);
        }
    }
}
