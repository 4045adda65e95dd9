package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Two points of each sample's trajectory that shall map to the same image.
 *
 * <pre>
 *   L = mean λ(t, r) · d(f_θ(x_t, t), sg f_θ⁻(x_r, r)),   t &gt; r
 * </pre>
 *
 * <p>Source: Song et al. 2023, equations 7 and 10.
 *
 * @param xt noisier point [N, C, H, W]
 * @param t its noise levels [N]
 * @param xr cleaner point [N, C, H, W]
 * @param r its noise levels [N]
 */
record ConsistencyPair(Tensor xt, double[] t, Tensor xr, double[] r) {

    /** Both passes take the dropout masks of the same seed. */
    LossTerms loss(
            Weighting weighting,
            Distance distance,
            Optional<Tensor> labels,
            ConsistencyModel online,
            ConsistencyModel target,
            long dropoutSeed) {
        Tensor goal;
        try (var _ = Gradients.disabled()) {
            goal = target.denoise(xr, r, labels, dropoutSeed); // sg f_θ⁻(x_r, r)
        }
        return loss(goal, weighting, distance, labels, online, dropoutSeed);
    }

    /** As above with the target's value known. */
    LossTerms loss(
            Tensor goal,
            Weighting weighting,
            Distance distance,
            Optional<Tensor> labels,
            ConsistencyModel online,
            long dropoutSeed) {
        var weights = new double[t.length];
        for (int n = 0; n < weights.length; n++) {
            weights[n] = weighting.weight(t[n], r[n], online.scalings().sigmaData());
        }
        try (var _ = Gradients.enabled()) {
            var student = online.denoise(xt, t, labels, dropoutSeed); // f_θ(x_t, t)
            return LossTerms.weighted(distance.perSample(student, goal), weights, t);
        }
    }

    /** x₀ + σ z. */
    static Tensor noisy(Tensor x0, double[] sigma, Tensor z) {
        var one = new double[sigma.length];
        Arrays.fill(one, 1);
        return Images.combined(one, x0, sigma, z);
    }
}
