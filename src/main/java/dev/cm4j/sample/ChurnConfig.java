package dev.cm4j.sample;

/**
 * How much fresh noise a stochastic sampler adds before each step.
 *
 * <pre>
 *   γ_i = min(churn/n, √2 − 1)  if least ≤ σ_i ≤ most, else 0;   σ̂ = σ_i (1 + γ_i)
 *   x += √(σ̂² − σ_i²) · inflation · n
 * </pre>
 *
 * <p>Source: Karras et al. 2022, algorithm 2, S_churn, S_tmin, S_tmax and S_noise.
 *
 * @param churn total amount over all steps, not negative
 * @param least smallest level it is used at
 * @param most largest level it is used at, may be infinite; below least: no level has any
 * @param inflation factor of the noise, not negative
 */
public record ChurnConfig(double churn, double least, double most, double inflation) {

    /** No fresh noise: a deterministic sampler. */
    public static final ChurnConfig NONE = new ChurnConfig(0, 0, Double.POSITIVE_INFINITY, 1);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if churn or inflation is negative, or a number is missing
     */
    public ChurnConfig {
        if (!(churn >= 0 && inflation >= 0) || Double.isNaN(least) || Double.isNaN(most)) {
            throw new IllegalArgumentException(
                    "churn %s in [%s, %s] with inflation %s is none"
                            .formatted(churn, least, most, inflation));
        }
    }

    /** σ̂ of a level, for n steps. */
    double raised(double sigma, int steps) {
        var inside = sigma >= least && sigma <= most;
        return sigma * (1 + (inside ? Math.min(churn / steps, Math.sqrt(2) - 1) : 0));
    }

    /** Factor of the noise that leads from sigma to σ̂. */
    double scale(double sigma, double raised) {
        return Math.sqrt(Math.max(raised * raised - sigma * sigma, 0)) * inflation;
    }
}
