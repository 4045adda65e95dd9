package dev.cm4j.schedule;

/**
 * How a raw network F becomes a denoiser or a consistency function at noise level σ.
 *
 * <pre>
 *   f(x, σ) = c_skip(σ) · x + c_out(σ) · F(c_in(σ) · x, c_noise(σ))
 * </pre>
 *
 * <p>c_noise belongs to the network, see {@link TimeInput}.
 *
 * <p>Source: Karras et al. 2022, section 5; Song et al. 2023, section 3.
 */
public sealed interface Scalings
        permits BoundaryScalings, EdmScalings, SeedScalings, TrigFlowScalings {

    /**
     * σ_d.
     *
     * @return spread of the data, positive, in units of the [−1, 1] image range
     */
    double sigmaData();

    /**
     * Share of the noisy image in the result.
     *
     * @param sigma noise level, not negative
     * @return c_skip(σ)
     */
    double cSkip(double sigma);

    /**
     * Share of the network output in the result.
     *
     * @param sigma noise level, not negative
     * @return c_out(σ)
     */
    double cOut(double sigma);

    /**
     * Factor of the noisy image on its way into the network.
     *
     * @param sigma noise level, not negative
     * @return c_in(σ)
     */
    double cIn(double sigma);

    /**
     * How fast the scalings change with the noise level.
     *
     * @param sigma noise level, not negative
     * @return the derivatives
     */
    Slopes slopes(double sigma);

    /**
     * Derivatives of the scalings.
     *
     * @param cSkip dc_skip/dσ
     * @param cOut dc_out/dσ
     * @param cIn dc_in/dσ
     */
    record Slopes(double cSkip, double cOut, double cIn) {}

    /**
     * Refuses a spread of the data that is not a positive number.
     *
     * @param sigmaData the value to check
     * @throws IllegalArgumentException if it is not positive and finite
     */
    static void requireSigmaData(double sigmaData) {
        if (!(sigmaData > 0 && sigmaData < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("sigmaData must be positive, but is " + sigmaData);
        }
    }
}
