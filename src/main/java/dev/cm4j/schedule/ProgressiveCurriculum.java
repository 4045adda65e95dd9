package dev.cm4j.schedule;

/**
 * A grid that grows with the square root of progress.
 *
 * <pre>
 *   N(k) = max(⌈√(k/K · ((s₁+1)² − s₀²) + s₀²) − 1⌉, 1) + 1
 * </pre>
 *
 * <p>Steps beyond K count as K. The original code lets N grow on; {@link #clamped} says which.
 *
 * <p>Source: Song et al. 2023, appendix C.
 *
 * @param startScales s₀, at least 1
 * @param endScales s₁, at least s₀; N(K) = s₁ + 1
 * @param totalSteps K, at least 1
 * @param clamped true: N stays at s₁ + 1 after K steps; false: it grows on, as in the original
 */
public record ProgressiveCurriculum(
        int startScales, int endScales, long totalSteps, boolean clamped) implements Curriculum {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException unless 1 ≤ startScales ≤ endScales and totalSteps ≥ 1
     */
    public ProgressiveCurriculum {
        Curriculum.require("startScales", startScales, 1);
        Curriculum.require("endScales", endScales, startScales);
        Curriculum.require("totalSteps", totalSteps, 1);
    }

    /**
     * The curriculum that stops growing after its last step.
     *
     * @param startScales s₀, at least 1
     * @param endScales s₁, at least s₀
     * @param totalSteps K, at least 1
     */
    public ProgressiveCurriculum(int startScales, int endScales, long totalSteps) {
        this(startScales, endScales, totalSteps, true);
    }

    @Override
    public int scales(long step) {
        var k = clamped ? Math.min(step, totalSteps) : step;
        var first = (double) startScales * startScales;
        var last = (endScales + 1.0) * (endScales + 1.0);
        var root = Math.sqrt((double) k / totalSteps * (last - first) + first);
        return Math.max((int) Math.ceil(root - 1), 1) + 1;
    }
}
