package dev.cm4j.schedule;

/**
 * Scalings of the earliest public re-implementation, kept to read its checkpoints.
 *
 * <pre>
 *   c_skip(σ) = σ_d² / ((σ − ε)² + σ_d²)
 *   c_out(σ)  = 0.25 (σ − ε) / √(σ² + 0.25)
 *   c_in(σ)   = 1
 * </pre>
 *
 * <p>Where Song et al. 2023, appendix C, has σ_d in c_out, this code has 0.25 = σ_d², and the
 * network sees x unscaled. Source: cloneofsimo/consistency_models.
 *
 * @param sigmaData σ_d, spread of the data, positive, in units of the [−1, 1] image range
 * @param epsilon ε, smallest noise level, not negative and below σ_d
 */
public record SeedScalings(double sigmaData, double epsilon) implements Scalings {

    /**
     * Checks σ_d and ε.
     *
     * @throws IllegalArgumentException unless 0 ≤ epsilon &lt; sigmaData
     */
    public SeedScalings {
        new BoundaryScalings(sigmaData, epsilon);
    }

    @Override
    public double cSkip(double sigma) {
        return new BoundaryScalings(sigmaData, epsilon).cSkip(sigma);
    }

    @Override
    public double cOut(double sigma) {
        return 0.25 * (sigma - epsilon) / Math.sqrt(sigma * sigma + 0.25);
    }

    @Override
    public double cIn(double sigma) {
        return 1;
    }

    @Override
    public Slopes slopes(double sigma) {
        var variance = sigma * sigma + 0.25;
        return new Slopes(
                new BoundaryScalings(sigmaData, epsilon).slopes(sigma).cSkip(),
                0.25 / Math.sqrt(variance) - cOut(sigma) * sigma / variance,
                0);
    }
}
