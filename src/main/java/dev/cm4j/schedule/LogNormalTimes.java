package dev.cm4j.schedule;

/**
 * Noise levels whose logarithm is normally distributed: ln σ ~ N(mean, std²), not limited.
 *
 * <p>Source: Karras et al. 2022, section 5; Geng et al. 2024, section 3.
 *
 * @param mean P_mean, −1.2 for diffusion models
 * @param std P_std, positive, 1.2 for diffusion models
 */
public record LogNormalTimes(double mean, double std) {

    /**
     * Checks the distribution.
     *
     * @throws IllegalArgumentException if mean is not finite or std not positive
     */
    public LogNormalTimes {
        if (!Double.isFinite(mean) || !(std > 0 && std < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "log-normal times need a finite mean and a positive std, but have "
                            + mean
                            + " and "
                            + std);
        }
    }

    /**
     * The level of a standard normal number.
     *
     * @param normal z ~ N(0, 1)
     * @return exp(mean + std z)
     */
    public double sigma(double normal) {
        return Math.exp(mean + std * normal);
    }

    /**
     * The level below which a share u of all levels lies.
     *
     * @param u in (0, 1)
     * @return exp(mean + std Φ⁻¹(u))
     * @throws IllegalArgumentException if u is not strictly between 0 and 1
     */
    public double quantile(double u) {
        return sigma(Gaussian.quantile(u));
    }

    /**
     * Levels spread evenly over the distribution: u_i = (i + U_i) / B, σ_i = quantile(u_i).
     *
     * @param uniforms U, one number in [0, 1) for each sample of this part of the batch
     * @param firstIndex place of the first of them in the whole batch
     * @param batchSize B, samples of the whole batch
     * @return a new array, as long as uniforms
     * @throws IllegalArgumentException if the part does not lie inside the batch
     */
    public double[] stratified(double[] uniforms, int firstIndex, int batchSize) {
        if (firstIndex < 0 || firstIndex + uniforms.length > batchSize) {
            throw new IllegalArgumentException(
                    "samples %d to %d are not part of a batch of %d"
                            .formatted(firstIndex, firstIndex + uniforms.length - 1, batchSize));
        }
        var sigmas = new double[uniforms.length];
        for (int i = 0; i < sigmas.length; i++) {
            var u = (firstIndex + i + uniforms[i]) / batchSize;
            sigmas[i] = quantile(Math.max(u, Double.MIN_NORMAL));
        }
        return sigmas;
    }
}
