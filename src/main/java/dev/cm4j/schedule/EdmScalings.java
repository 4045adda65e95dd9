package dev.cm4j.schedule;

/**
 * Scalings of diffusion models, which keep input, target and output of the network at unit
 * variance.
 *
 * <pre>
 *   c_skip(σ) = σ_d² / (σ² + σ_d²)
 *   c_out(σ)  = σ σ_d / √(σ² + σ_d²)
 *   c_in(σ)   = 1 / √(σ² + σ_d²)
 * </pre>
 *
 * <p>They make f(x, 0) = x exactly. Source: Karras et al. 2022, table 1.
 *
 * @param sigmaData σ_d, spread of the data, positive, in units of the [−1, 1] image range
 */
public record EdmScalings(double sigmaData) implements Scalings {

    /**
     * Checks σ_d.
     *
     * @throws IllegalArgumentException if sigmaData is not positive and finite
     */
    public EdmScalings {
        Scalings.requireSigmaData(sigmaData);
    }

    @Override
    public double cSkip(double sigma) {
        return sigmaData * sigmaData / (sigma * sigma + sigmaData * sigmaData);
    }

    @Override
    public double cOut(double sigma) {
        return sigma * sigmaData / Math.hypot(sigma, sigmaData);
    }

    @Override
    public double cIn(double sigma) {
        return 1 / Math.hypot(sigma, sigmaData);
    }

    @Override
    public Slopes slopes(double sigma) {
        var cIn = cIn(sigma);
        var share = cSkip(sigma);
        return new Slopes(
                -2 * sigma * share * cIn * cIn, // −2 σ σ_d² / (σ² + σ_d²)²
                sigmaData * share * cIn, // σ_d³ / (σ² + σ_d²)^{3/2}
                -sigma * cIn * cIn * cIn);
    }
}
