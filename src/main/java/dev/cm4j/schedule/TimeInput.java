package dev.cm4j.schedule;

/**
 * The number a network is told about the noise level.
 *
 * <pre>
 *   c_noise(σ) = scale · ¼ ln σ
 * </pre>
 *
 * <p>A property of the network: 1 in Karras et al. 2022, 1000 in the original consistency code and
 * in diffusers, that is 250 ln σ. The logarithm is taken of at least 1e−38, so that σ = 0 gives a
 * large negative number instead of −∞ (the original adds 1e−44, which a processor that flushes
 * subnormal numbers turns into 0).
 *
 * @param scale positive
 */
public record TimeInput(double scale) {

    /** ¼ ln σ. */
    public static final TimeInput EDM = new TimeInput(1);

    /** 250 ln σ. */
    public static final TimeInput OPENAI = new TimeInput(1000);

    /**
     * Checks the scale.
     *
     * @throws IllegalArgumentException if scale is not positive and finite
     */
    public TimeInput {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("the time scale must be positive, but is " + scale);
        }
    }

    /**
     * The network's time input.
     *
     * @param sigma noise level, not negative
     * @return c_noise(σ)
     */
    public double of(double sigma) {
        return scale * 0.25 * Math.log(Math.max(sigma, 1e-38));
    }
}
