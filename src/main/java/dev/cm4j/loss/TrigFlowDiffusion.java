package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Diffusion training in the form of TrigFlow, which makes models that teach continuous-time
 * consistency models or become them.
 *
 * <pre>
 *   σ = e^τ,  τ ~ N(P_mean, P_std²);   t = atan(σ/σ_d);   z ~ N(0, σ_d²)
 *   x_t = cos t · x₀ + sin t · z;   v = cos t · z − sin t · x₀
 *   L = mean (σ_d F_θ(x_t/σ_d, t) − v)²
 * </pre>
 *
 * <p>It is σ_d² times {@link EdmDenoising} with Karras's weight. Source: Lu &amp; Song 2024,
 * section 3.
 *
 * @param times law of σ
 */
public record TrigFlowDiffusion(LogNormalTimes times) implements Objective {

    @Override
    public LossTerms evaluate(
            Tensor x0,
            Optional<Tensor> labels,
            StepContext step,
            ConsistencyModel online,
            ConsistencyModel target) {
        var sigma = Arrays.stream(step.uniforms(x0)).map(times::quantile).toArray();
        var z = step.noise(x0).times(online.scalings().sigmaData()); // z ~ N(0, σ_d²)
        return atLevels(x0, z, sigma, labels, online, step.dropoutSeed());
    }

    /**
     * The loss for given noise and noise levels.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z noise of deviation σ_d, shape of x0
     * @param sigma level of each sample [N], positive
     * @param labels class of each image [N], or empty
     * @param online F_θ, with TrigFlow or EDM scalings
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
        var sigmaData = online.scalings().sigmaData();
        var sign = TrigFlowPoint.sign(online);
        var point = TrigFlowPoint.of(x0, z, sigma, sigmaData);
        var v = point.velocity(x0, z); // v = cos t · z − sin t · x₀
        try (var _ = Gradients.enabled()) {
            var f = online.net().forward(point.input(), point.time(online), labels, dropoutSeed);
            var each = Images.meanSquare(f.times(sign * sigmaData), v); // (σ_d F − v)²
            return new LossTerms(each.mean(), each.detach(), sigma);
        }
    }
}
