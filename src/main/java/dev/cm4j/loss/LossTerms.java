package dev.cm4j.loss;

import dev.cm4j.model.PerSample;
import dev.cm4j.tensor.Tensor;

/**
 * What an objective hands to the optimiser.
 *
 * @param loss mean over the samples, rank 0, with a gradient; owned by the scope it was made in
 * @param perSample weighted loss of each sample [N], without gradient
 * @param sigma noise level of each sample [N], for statistics
 */
public record LossTerms(Tensor loss, Tensor perSample, double[] sigma) {

    /** L = mean_n λ_n d_n. */
    static LossTerms weighted(Tensor distances, double[] weights, double[] sigma) {
        var weighted = distances.times(PerSample.vector(weights, distances.device()));
        return new LossTerms(weighted.mean(), weighted.detach(), sigma);
    }
}
