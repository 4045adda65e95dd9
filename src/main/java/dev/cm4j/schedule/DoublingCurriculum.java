package dev.cm4j.schedule;

/**
 * A grid whose intervals double at equal distances in time.
 *
 * <pre>
 *   N(k) = min(s₀ · 2^⌊k/K'⌋, s₁) + 1,   K' = ⌊K / (log₂⌊s₁/s₀⌋ + 1)⌋
 * </pre>
 *
 * <p>Source: Song &amp; Dhariwal 2023, section 3.4.
 *
 * @param startScales s₀, at least 1
 * @param endScales s₁, at least s₀
 * @param totalSteps K, at least the number of stages
 */
public record DoublingCurriculum(int startScales, int endScales, long totalSteps)
        implements Curriculum {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException unless 1 ≤ startScales ≤ endScales and totalSteps leaves
     *     each stage a step
     */
    public DoublingCurriculum {
        Curriculum.require("startScales", startScales, 1);
        Curriculum.require("endScales", endScales, startScales);
        Curriculum.require(
                "totalSteps", totalSteps, (long) Math.ceil(stages(startScales, endScales)));
    }

    /**
     * K', the length of a stage.
     *
     * @return steps between two doublings
     */
    public long stepsPerStage() {
        return (long) Math.floor(totalSteps / stages(startScales, endScales));
    }

    @Override
    public int scales(long step) {
        var doublings = Math.min(step / stepsPerStage(), 31);
        return (int) Math.min((long) startScales << doublings, endScales) + 1;
    }

    private static double stages(int startScales, int endScales) {
        return log2(endScales / startScales) + 1;
    }

    /** Base-2 logarithm, exact for powers of two. */
    static double log2(int n) {
        var whole = 31 - Integer.numberOfLeadingZeros(n);
        return n == 1 << whole ? whole : Math.log(n) / Math.log(2);
    }
}
