package dev.cm4j.schedule;

/**
 * From the noise level t of the student to the level r of its target in easy consistency tuning.
 *
 * <pre>
 *   r = max(0, t (1 − q^{−(a+1)} n(t))),   n(t) = 1 + κ sigmoid(−b t),   a the stage
 * </pre>
 *
 * <p>As the stage rises r approaches t. Where r = 0 the loss is plain denoising. κ = 0 gives the
 * mapping called constant.
 *
 * <p>Source: Geng et al. 2024, section 3, equation 15.
 *
 * @param q factor by which a stage shrinks the gap, above 1; 2, or 256 where it never shrinks
 * @param k κ, not negative; 8 in the paper
 * @param b b, positive; 1 in the paper
 */
public record EctMapping(double q, double k, double b) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException unless q &gt; 1, k ≥ 0 and b &gt; 0
     */
    public EctMapping {
        if (!(q > 1 && k >= 0 && b > 0)) {
            throw new IllegalArgumentException(
                    "the mapping needs q > 1, k >= 0 and b > 0, but q is %s, k is %s, b is %s"
                            .formatted(q, k, b));
        }
    }

    /**
     * The level of the target.
     *
     * @param t level of the student, positive
     * @param stage a, not negative
     * @return r in [0, t)
     */
    public double r(double t, int stage) {
        var n = 1 + k / (1 + Math.exp(b * t));
        return Math.max(0, t * (1 - Math.pow(q, -(stage + 1.0)) * n));
    }
}
