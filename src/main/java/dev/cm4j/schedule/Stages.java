package dev.cm4j.schedule;

/** The stage a of easy consistency tuning as a function of progress. */
public sealed interface Stages {

    /**
     * a(k).
     *
     * @param step k, steps taken so far, not negative
     * @param totalSteps K, planned steps, at least 1
     * @return the stage, from 0, or −1 for plain denoising
     */
    int stage(long step, long totalSteps);

    /**
     * Stages of a fixed length, as published: a = ⌊k / stepsPerStage⌋, without end.
     *
     * @param stepsPerStage steps between two changes, at least 1
     */
    record Every(long stepsPerStage) implements Stages {

        /**
         * Checks the length.
         *
         * @throws IllegalArgumentException if stepsPerStage is below 1
         */
        public Every {
            Curriculum.require("stepsPerStage", stepsPerStage, 1);
        }

        @Override
        public int stage(long step, long totalSteps) {
            return Math.toIntExact(step / stepsPerStage);
        }
    }

    /**
     * A number of stages of equal length over the whole run: a = first + min(⌊k · count / K⌋, count
     * − 1).
     *
     * @param first the stage at the start, at least −1; stage −1 has r = 0 at every level, which
     *     makes the loss plain denoising
     * @param count number of stages, at least 1
     */
    record Equal(int first, int count) implements Stages {

        /**
         * Checks the numbers.
         *
         * @throws IllegalArgumentException if first is below −1 or count below 1
         */
        public Equal {
            Curriculum.require("first stage", first, -1);
            Curriculum.require("number of stages", count, 1);
        }

        /**
         * Stages that begin at 0.
         *
         * @param count number of stages, at least 1
         */
        public Equal(int count) {
            this(0, count);
        }

        @Override
        public int stage(long step, long totalSteps) {
            return first + (int) Math.min(step * count / totalSteps, count - 1);
        }
    }
}
