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
