package dev.cm4j.schedule;

/**
 * The stages of progressive distillation: the student's steps halve until one is left.
 *
 * <pre>
 *   N(k) = max(N₀ ≫ ⌊k/S⌋, 2)   while k &lt; S (log₂ N₀ − 1);   then N = 2 and N = 1, 2S steps each
 * </pre>
 *
 * <p>Source: Salimans &amp; Ho 2022, algorithm 2; stage lengths as in the original consistency
 * code.
 *
 * @param startScales N₀, student steps of the first stage, at least 2
 * @param stepsPerStage S, optimiser steps of a stage, at least 1
 */
public record HalvingCurriculum(int startScales, long stepsPerStage) implements Curriculum {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if startScales is below 2 or stepsPerStage below 1
     */
    public HalvingCurriculum {
        Curriculum.require("startScales", startScales, 2);
        Curriculum.require("stepsPerStage", stepsPerStage, 1);
    }

    @Override
    public int scales(long step) {
        var halvings = Math.min(step / stepsPerStage, 31);
        var scales = Math.max(startScales >> halvings, 2);
        return scales > 2 || step < lastDoubleStageEnd() ? scales : 1;
    }

    /**
     * Stages that fill a run.
     *
     * @param startScales N₀, at least 2
     * @param totalSteps K, at least log₂ N₀ + 3
     * @return stages of S = ⌊K / (log₂ N₀ + 3)⌋ steps; what is left over goes to the last
     * @throws IllegalArgumentException if the run is too short for all stages
     */
    public static HalvingCurriculum over(int startScales, long totalSteps) {
        Curriculum.require("startScales", startScales, 2);
        var stages = DoublingCurriculum.log2(startScales) + 3;
        Curriculum.require(
                "the steps of progressive distillation from " + startScales + " steps to 1",
                totalSteps,
                (long) Math.ceil(stages));
        return new HalvingCurriculum(startScales, (long) (totalSteps / stages));
    }

    /**
     * Where a stage begins.
     *
     * @param scales N of the stage, one that {@link #scales} gives
     * @return the first step k with N(k) ≤ scales
     */
    public long begin(int scales) {
        if (scales < 2) {
            return (long) Math.ceil(lastDoubleStageEnd());
        }
        var halvings = 0;
        while (Math.max(startScales >> halvings, 2) > scales) {
            halvings++;
        }
        return halvings * stepsPerStage;
    }

    /**
     * How long a stage is.
     *
     * @param scales N of the stage
     * @return S, or what is longer for N = 2 and N = 1
     */
    public long length(int scales) {
        return switch (scales) {
            case 1 -> 2 * stepsPerStage;
            case 2 -> begin(1) - begin(2);
            default -> stepsPerStage;
        };
    }

    /**
     * The planned number of optimiser steps K.
     *
     * @return S (log₂ N₀ + 3), rounded up
     */
    public long totalSteps() {
        return (long) Math.ceil(lastDoubleStageEnd()) + 2 * stepsPerStage;
    }

    /** Where N turns from 2 to 1; between steps if N₀ is no power of two. */
    private double lastDoubleStageEnd() {
        return stepsPerStage * (DoublingCurriculum.log2(startScales) + 1);
    }
}
