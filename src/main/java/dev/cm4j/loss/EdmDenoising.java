package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Denoising score matching, which trains the diffusion models that teach.
 *
 * <pre>
 *   ln σ ~ N(P_mean, P_std²);   z ~ N(0, I)
 *   L = mean λ(σ) · mean (D_θ(x₀ + σ z, σ) − x₀)²
 * </pre>
 *
 * <p>Source: Karras et al. 2022, equation 8; the mean over pixels, where EDM's own code has a sum,
 * as in the original consistency code.
 *
 * @param times law of σ
 * @param weighting λ, {@link Weighting#KARRAS} in the paper
 * @param strata 0 for independent levels; else the batch size over which they are spread evenly,
 *     and batches must then begin at multiples of it
 */
public record EdmDenoising(LogNormalTimes times, Weighting weighting, int strata)
        implements Objective {

    /**
     * Checks the strata.
     *
     * @throws IllegalArgumentException if strata is negative
     */
    public EdmDenoising {
        if (strata < 0) {
            throw new IllegalArgumentException("strata must not be negative, but is " + strata);
        }
    }

    /**
     * The objective with independent noise levels.
     *
     * @param times law of σ
     * @param weighting λ
     */
    public EdmDenoising(LogNormalTimes times, Weighting weighting) {
        this(times, weighting, 0);
    }

    @Override
    public LossTerms evaluate(
            Tensor x0,
            Optional<Tensor> labels,
            StepContext step,
            ConsistencyModel online,
            ConsistencyModel target) {
        var uniforms = step.uniforms(x0);
        var sigma =
                strata == 0
                        ? Arrays.stream(uniforms).map(times::quantile).toArray()
                        : times.stratified(uniforms, (int) (step.firstSample() % strata), strata);
        return atLevels(x0, step.noise(x0), sigma, labels, online, step.dropoutSeed());
    }

    /**
     * The loss for given noise and noise levels.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z standard normal noise, shape of x0
     * @param sigma level of each sample [N], positive
     * @param labels class of each image [N], or empty
     * @param online D_θ
     * @param dropoutSeed seed of the dropout masks
     * @return the loss
     */
    public LossTerms atLevels(
            Tensor x0,
            Tensor z,
            double[] sigma,
            Optional<Tensor> labels,
            ConsistencyModel online,
            long dropoutSeed) {
        var xs = ConsistencyPair.noisy(x0, sigma, z);
        // the clean image is the target at noise level 0
        return new ConsistencyPair(xs, sigma, x0, new double[sigma.length])
                .loss(x0, weighting, new L2(), labels, online, dropoutSeed);
    }
}
