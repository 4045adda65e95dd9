package dev.cm4j.schedule;

/**
 * A grid that grows from one pass over the data to the next, and not within it.
 *
 * <pre>
 *   e = 1 + ⌊k (n − 1) / K⌋
 *   N(k) = max(⌈√(e/n · ((s₁+1)² − s₀²) + s₀²) − 1⌉, 1) + 1
 * </pre>
 *
 * <p>The run is n − 1 epochs of equal length, e = 1 … n − 1, whatever its number of steps; steps
 * beyond K count as the last epoch.
 *
 * <p>Source: cloneofsimo/consistency_models, main.py, with n = 100; the formula is that of {@link
 * ProgressiveCurriculum}.
 *
 * @param startScales s₀, at least 1
 * @param endScales s₁, at least s₀
 * @param epochs n, at least 2
 * @param totalSteps K, at least 1
 */
public record EpochCurriculum(int startScales, int endScales, int epochs, long totalSteps)
        implements Curriculum {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException unless 1 ≤ startScales ≤ endScales, epochs ≥ 2 and
     *     totalSteps ≥ 1
     */
    public EpochCurriculum {
        Curriculum.require("epochs", epochs, 2);
        Curriculum.require("totalSteps", totalSteps, 1);
        new ProgressiveCurriculum(startScales, endScales, epochs);
    }

    @Override
    public int scales(long step) {
        return new ProgressiveCurriculum(startScales, endScales, epochs).scales(epoch(step));
    }

    /**
     * The epoch e, counted from 1.
     *
     * @param step k, steps taken so far
     * @return at most n − 1
     */
    public long epoch(long step) {
        return Math.min(1 + Math.multiplyExact(step, epochs - 1L) / totalSteps, epochs - 1L);
    }
}
