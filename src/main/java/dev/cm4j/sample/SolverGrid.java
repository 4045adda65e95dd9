package dev.cm4j.sample;

import dev.cm4j.schedule.NoiseRange;

/** The levels that solvers step between, and what all of them require of their numbers. */
final class SolverGrid {

    private SolverGrid() {}

    /**
     * Refuses a number of steps that is none.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    static void requireSteps(int steps) {
        requireAtLeast("steps", steps, 1);
    }

    /**
     * Refuses a number that is too small.
     *
     * @throws IllegalArgumentException if value is below least
     */
    static void requireAtLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    "%s must be at least %d, but is %d".formatted(name, least, value));
        }
    }

    /**
     * Refuses a number that is no share.
     *
     * @throws IllegalArgumentException unless value lies in [0, 1]
     */
    static void requireShare(String name, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw new IllegalArgumentException(
                    "%s must lie in 0 to 1, but is %s".formatted(name, value));
        }
    }

    /** The n-point grid and 0. */
    static double[] toZero(int steps, NoiseRange range) {
        return range.grid(steps).sigmasWithZero();
    }
}
