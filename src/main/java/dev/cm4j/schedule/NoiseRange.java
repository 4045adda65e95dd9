package dev.cm4j.schedule;

/**
 * The interval of noise levels a model lives on, and the curvature ρ that spaces grids over it.
 *
 * <pre>
 *   σ(u) = (T^{1/ρ} + u (ε^{1/ρ} − T^{1/ρ}))^ρ,   u ∈ [0, 1],   σ(0) = T,   σ(1) = ε
 * </pre>
 *
 * Source: Karras et al. 2022, equation 5; Song et al. 2023, section 3.
 *
 * @param sigmaMin ε, smallest noise level, positive, in units of the [−1, 1] image range
 * @param sigmaMax T, largest noise level, above ε
 * @param rho ρ, positive; larger values put more levels near ε
 */
public record NoiseRange(double sigmaMin, double sigmaMax, double rho) {

    /** The range of every published consistency model: ε 0.002, T 80, ρ 7. */
    public static final NoiseRange STANDARD = new NoiseRange(0.002, 80, 7);

    /**
     * Checks the interval.
     *
     * @throws IllegalArgumentException unless 0 &lt; sigmaMin &lt; sigmaMax and rho &gt; 0
     */
    public NoiseRange {
        if (!(sigmaMin > 0 && sigmaMin < sigmaMax && sigmaMax < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "noise range needs 0 < sigmaMin < sigmaMax, but sigmaMin is "
                            + sigmaMin
                            + " and sigmaMax is "
                            + sigmaMax);
        }
        if (!(rho > 0 && rho < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("rho must be positive, but is " + rho);
        }
    }

    /**
     * The noise level at a position between the ends. The ends themselves are exact.
     *
     * @param u position, 0 for {@code sigmaMax}, 1 for {@code sigmaMin}
     * @return σ(u)
     */
    public double at(double u) {
        if (u == 0) {
            return sigmaMax;
        }
        if (u == 1) {
            return sigmaMin;
        }
        var top = Math.pow(sigmaMax, 1 / rho);
        var bottom = Math.pow(sigmaMin, 1 / rho);
        return Math.pow(top + u * (bottom - top), rho);
    }

    /**
     * A grid over this range.
     *
     * @param points N, at least 1
     * @return the grid
     */
    public KarrasGrid grid(int points) {
        return new KarrasGrid(points, sigmaMin, sigmaMax, rho);
    }

    /**
     * The nearest level inside the range.
     *
     * @param sigma a noise level
     * @return sigma limited to [sigmaMin, sigmaMax]
     */
    public double clip(double sigma) {
        return Math.clamp(sigma, sigmaMin, sigmaMax);
    }
}
