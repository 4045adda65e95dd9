package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.PerSample;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * The continuous-time losses of the first consistency models, the limit N → ∞ of distillation and
 * training.
 *
 * <pre>
 *   t = u^ρ,  u ~ U[ε^{1/ρ}, T^{1/ρ}];   z ~ N(0, I);   x_t = x₀ + t z
 *   s = (D(x_t, t) − x_t)/t²  with a teacher,  (x₀ − x_t)/t²  without
 *   Δ = derivative of f_θ at (x_t, t) along (t s, −1)  = −df/dt on the trajectory
 *   L = mean ‖Δ‖                                  differentiated through Δ
 *   L = −mean Σ sg(Δ) ⊙ f_θ(x_t, t)               with stop-gradient, for the l2 distance
 * </pre>
 *
 * <p>Source: Song et al. 2023, appendix B; openai/consistency_models_cifar10.
 *
 * @param teacher D, or empty for training in isolation
 * @param norm of Δ
 * @param range ε, T and ρ
 */
public record ContinuousTime(Optional<Denoiser> teacher, Norm norm, NoiseRange range)
        implements Objective {

    /** How Δ is measured. */
    public enum Norm {
        /** √Σ Δ². */
        L2,
        /** mean |Δ|. */
        L1,
        /** max |Δ|. */
        LINF,
        /** −Σ sg(Δ) ⊙ f: its value means little, its gradient is that of the l2 distance. */
        STOP_GRADIENT
    }

    @Override
    public LossTerms evaluate(
            Tensor x0,
            Optional<Tensor> labels,
            StepContext step,
            ConsistencyModel online,
            ConsistencyModel target) {
        var low = Math.pow(range.sigmaMin(), 1 / range.rho());
        var high = Math.pow(range.sigmaMax(), 1 / range.rho());
        var t =
                Arrays.stream(step.uniforms(x0))
                        .map(u -> Math.pow(low + u * (high - low), range.rho()))
                        .toArray();
        return atLevels(x0, step.noise(x0), t, labels, online, step.dropoutSeed());
    }

    /**
     * The loss for given noise and noise levels.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z standard normal noise, shape of x0
     * @param t level of each sample [N], positive
     * @param labels class of each image [N], or empty
     * @param online f_θ
     * @param dropoutSeed seed of the masks of both passes
     * @return the loss
     */
    public LossTerms atLevels(
            Tensor x0,
            Tensor z,
            double[] t,
            Optional<Tensor> labels,
            ConsistencyModel online,
            long dropoutSeed) {
        var xt = ConsistencyPair.noisy(x0, t, z);
        Tensor direction;
        try (var _ = Gradients.disabled()) {
            var clean = teacher.map(d -> d.denoise(xt, t, labels)).orElse(x0);
            direction = clean.minus(xt).dividedBy(PerSample.column(t, xt)); // t s
        }
        var back = new double[t.length];
        Arrays.fill(back, -1);
        var each =
                norm == Norm.STOP_GRADIENT
                        ? stopped(xt, t, labels, online, dropoutSeed, direction, back)
                        : through(xt, t, labels, online, dropoutSeed, direction, back);
        try (var _ = Gradients.enabled()) {
            return new LossTerms(each.mean(), each.detach(), t);
        }
    }

    private static Tensor stopped(
            Tensor xt,
            double[] t,
            Optional<Tensor> labels,
            ConsistencyModel online,
            long dropoutSeed,
            Tensor direction,
            double[] back) {
        Tensor delta;
        try (var _ = Gradients.disabled()) {
            delta = online.jvp(xt, t, labels, dropoutSeed, direction, back).tangent();
        }
        try (var _ = Gradients.enabled()) {
            var f = online.denoise(xt, t, labels, dropoutSeed);
            return delta.times(f).reshape(t.length, -1).sum(1).negate(); // −Σ sg(Δ) ⊙ f
        }
    }

    private Tensor through(
            Tensor xt,
            double[] t,
            Optional<Tensor> labels,
            ConsistencyModel online,
            long dropoutSeed,
            Tensor direction,
            double[] back) {
        try (var _ = Gradients.enabled()) {
            var delta = online.jvp(xt, t, labels, dropoutSeed, direction, back).tangent();
            var zero = delta.detach().times(0);
            return switch (norm) {
                case L2 -> Images.norm(delta, zero);
                case L1 -> Images.meanAbsolute(delta, zero);
                case LINF, STOP_GRADIENT -> new Linf().perSample(delta, zero);
            };
        }
    }
}
