package dev.cm4j.schedule;

/**
 * A target rate that rises with the grid size.
 *
 * <pre>
 *   CODE   μ(k) = exp(s₀ ln μ₀ / (N(k) − 1))
 *   PAPER  μ(k) = exp(s₀ ln μ₀ / N(k))
 * </pre>
 *
 * <p>Source: Song et al. 2023, appendix C. Paper and original code differ in the divisor; the
 * published models were trained with the code.
 *
 * @param startRate μ₀ in (0, 1]
 * @param startScales s₀, at least 1
 * @param divisor which of the two formulas
 */
public record AdaptiveRate(double startRate, int startScales, Divisor divisor)
        implements TargetRate {

    /** What the logarithm is divided by. */
    public enum Divisor {
        /** N(k) − 1, as in the original code. */
        CODE,
        /** N(k), as in the paper. */
        PAPER
    }

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if startRate is outside (0, 1] or startScales below 1
     */
    public AdaptiveRate {
        if (!(startRate > 0 && startRate <= 1)) {
            throw new IllegalArgumentException(
                    "the start rate must lie in (0, 1], but is " + startRate);
        }
        Curriculum.require("startScales", startScales, 1);
    }

    @Override
    public double rate(long step, int scales) {
        var intervals =
                switch (divisor) {
                    case CODE -> scales - 1;
                    case PAPER -> scales;
                };
        return Math.exp(startScales * Math.log(startRate) / intervals);
    }
}
