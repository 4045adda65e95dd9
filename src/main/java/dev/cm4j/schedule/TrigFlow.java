package dev.cm4j.schedule;

/**
 * Noise levels as angles: t = atan(σ/σ_d), σ = σ_d tan t.
 *
 * <p>In this form x_t = cos t · x₀ + sin t · z with z ~ N(0, σ_d²), and x_t = cos t · x_σ.
 *
 * <p>Source: Lu &amp; Song 2024, section 3.
 *
 * @param sigmaData σ_d, spread of the data, positive
 */
public record TrigFlow(double sigmaData) {

    /**
     * Checks σ_d.
     *
     * @throws IllegalArgumentException if sigmaData is not positive and finite
     */
    public TrigFlow {
        Scalings.requireSigmaData(sigmaData);
    }

    /**
     * The angle of a noise level.
     *
     * @param sigma σ, not negative
     * @return t in [0, π/2)
     */
    public double angle(double sigma) {
        return Math.atan(sigma / sigmaData);
    }

    /**
     * The noise level of an angle.
     *
     * @param angle t in [0, π/2)
     * @return σ
     */
    public double sigma(double angle) {
        return sigmaData * Math.tan(angle);
    }

    /**
     * How fast the noise level grows with the angle.
     *
     * @param sigma σ, not negative
     * @return dσ/dt = σ_d / cos² t = σ_d + σ²/σ_d
     */
    public double speed(double sigma) {
        return sigmaData + sigma * sigma / sigmaData;
    }
}
