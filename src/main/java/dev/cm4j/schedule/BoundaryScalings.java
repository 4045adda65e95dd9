package dev.cm4j.schedule;

/**
 * Scalings that make a consistency function the identity at the smallest noise level.
 *
 * <pre>
 *   c_skip(σ) = σ_d² / ((σ − ε)² + σ_d²)
 *   c_out(σ)  = σ_d (σ − ε) / √(σ² + σ_d²)
 *   c_in(σ)   = 1 / √(σ² + σ_d²)
 * </pre>
 *
 * <p>Below ε the middle one is negative, as published.
 *
 * <p>Source: Song et al. 2023, appendix C; c_in from Karras et al. 2022, table 1.
 *
 * @param sigmaData σ_d, spread of the data, positive, in units of the [−1, 1] image range
 * @param epsilon ε, smallest noise level, not negative and below σ_d
 */
public record BoundaryScalings(double sigmaData, double epsilon) implements Scalings {

    /**
     * Checks σ_d and ε.
     *
     * @throws IllegalArgumentException unless 0 ≤ epsilon &lt; sigmaData
     */
    public BoundaryScalings {
        Scalings.requireSigmaData(sigmaData);
        if (!(epsilon >= 0 && epsilon < sigmaData)) {
            throw new IllegalArgumentException(
                    "epsilon must lie in [0, sigmaData = " + sigmaData + "), but is " + epsilon);
        }
    }

    @Override
    public double cSkip(double sigma) {
        var shifted = sigma - epsilon;
        return sigmaData * sigmaData / (shifted * shifted + sigmaData * sigmaData);
    }

    @Override
    public double cOut(double sigma) {
        return sigmaData * (sigma - epsilon) / Math.hypot(sigma, sigmaData);
    }

    @Override
    public double cIn(double sigma) {
        return 1 / Math.hypot(sigma, sigmaData);
    }

    @Override
    public Slopes slopes(double sigma) {
        var cIn = cIn(sigma);
        var skip = cSkip(sigma) / sigmaData;
        return new Slopes(
                -2 * (sigma - epsilon) * skip * skip,
                sigmaData * cIn - cOut(sigma) * sigma * cIn * cIn,
                -sigma * cIn * cIn * cIn);
    }
}
