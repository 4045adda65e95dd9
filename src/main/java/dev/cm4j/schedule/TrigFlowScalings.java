package dev.cm4j.schedule;

/**
 * Scalings of TrigFlow, seen from the noise level σ = σ_d tan t and the image x_σ = x_t / cos t.
 *
 * <pre>
 *   f = cos t · x_t − sin t · σ_d F(x_t / σ_d, t)
 *
 *   c_skip(σ) = cos² t       = σ_d² / (σ² + σ_d²)
 *   c_out(σ)  = −σ_d sin t   = −σ σ_d / √(σ² + σ_d²)
 *   c_in(σ)   = cos t / σ_d  = 1 / √(σ² + σ_d²)
 * </pre>
 *
 * <p>They are {@link EdmScalings} with the network's sign turned: F estimates the velocity dx_t/dt,
 * which points from the image to the noise. So f(x, 0) = x exactly, and every sampler that walks
 * through noise levels serves TrigFlow: its steps are the same in either form.
 *
 * <p>Source: Lu &amp; Song 2024, sections 3 and 4.1.
 *
 * @param sigmaData σ_d, spread of the data, positive, in units of the [−1, 1] image range
 */
public record TrigFlowScalings(double sigmaData) implements Scalings {

    /**
     * Checks σ_d.
     *
     * @throws IllegalArgumentException if sigmaData is not positive and finite
     */
    public TrigFlowScalings {
        Scalings.requireSigmaData(sigmaData);
    }

    @Override
    public double cSkip(double sigma) {
        return edm().cSkip(sigma);
    }

    @Override
    public double cOut(double sigma) {
        return -edm().cOut(sigma);
    }

    @Override
    public double cIn(double sigma) {
        return edm().cIn(sigma);
    }

    @Override
    public Slopes slopes(double sigma) {
        var slopes = edm().slopes(sigma);
        return new Slopes(slopes.cSkip(), -slopes.cOut(), slopes.cIn());
    }

    private EdmScalings edm() {
        return new EdmScalings(sigmaData);
    }
}
