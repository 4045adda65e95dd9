package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.Jvp;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;

/**
 * Simplified continuous-time consistency models: training (sCT) and distillation (sCD).
 *
 * <pre>
 *   σ = e^τ,  τ ~ N(P_mean, P_std²);   t = atan(σ/σ_d);   z ~ N(0, σ_d²)
 *   x_t = cos t · x₀ + sin t · z
 *   v = cos t · z − sin t · x₀                    sCT
 *   v = σ_d F_teacher(x_t/σ_d, t)                 sCD
 *   J = derivative of sg F_θ at (x_t/σ_d, t) along (cos t sin t · v/σ_d, cos t sin t)
 *   g = −cos² t (σ_d F_θ − v) − ρ (cos t sin t · x_t + σ_d J),   ρ = min(1, k/H)
 *   g ← g / (‖g‖ + c)
 *   L = mean [e^{w(t)} λ(t) · mean (F_θ − sg F_θ − sg g)² − w(t)]
 * </pre>
 *
 * <p>At ρ = 1, g is cos t · df/dt: the consistency function stays the same along the trajectory
 * where it vanishes. No second network is needed, unless it teaches. Networks with EDM scalings are
 * taken as well, whose F is the opposite; so a diffusion model of that form may be the start.
 *
 * <p>The weight w(t) is that of a {@link WeightHead}, or 0. What is reported is the loss without
 * −w(t), which concerns the head alone.
 *
 * <p>Source: Lu &amp; Song 2024, algorithm 1.
 *
 * @param times law of σ
 * @param teacher gives the denoiser that teaches from θ⁻, such as θ⁻ itself where it is frozen, or
 *     another model; empty for training without a teacher
 * @param tangent how g is limited
 * @param warmUpSteps H, not negative; 0: ρ is 1 from the start
 * @param prior λ
 * @param learnsWeight whether w is learnt
 */
public record ContinuousConsistency(
        LogNormalTimes times,
        Optional<UnaryOperator<Denoiser>> teacher,
        Tangent tangent,
        long warmUpSteps,
        TimePrior prior,
        boolean learnsWeight)
        implements Objective {

    /**
     * Checks the warm-up.
     *
     * @throws IllegalArgumentException if warmUpSteps is negative
     */
    public ContinuousConsistency {
        if (warmUpSteps < 0) {
            throw new IllegalArgumentException(
                    "the warm-up must not be negative, but has " + warmUpSteps + " steps");
        }
    }

    /**
     * The part of a step that is not differentiated.
     *
     * @param f F(x_t/σ_d, t)
     * @param j its derivative J, which is cos t sin t · dF/dt
     * @param g the tangent before it is limited
     */
    record Direction(Tensor f, Tensor j, Tensor g) {}

    @Override
    public LossTerms evaluate(
            Tensor x0,
            Optional<Tensor> labels,
            StepContext step,
            ConsistencyModel online,
            ConsistencyModel target) {
        var sigma = Arrays.stream(step.uniforms(x0)).map(times::quantile).toArray();
        var z = step.noise(x0).times(online.scalings().sigmaData()); // z ~ N(0, σ_d²)
        var rho = rho(step.step());
        DoubleUnaryOperator learnt =
                learnsWeight ? step.weightHead().orElseThrow()::weight : _ -> 1; // e^w
        var weights = Arrays.stream(sigma).map(s -> prior.weight(s) * learnt.applyAsDouble(s));
        return atLevels(
                x0, z, sigma, weights.toArray(), rho, labels, online, target, step.dropoutSeed());
    }

    /**
     * The share of the second part of the tangent: ρ = min(1, k/H).
     *
     * @param step k
     */
    double rho(long step) {
        return warmUpSteps == 0 ? 1 : Math.min(1, (double) step / warmUpSteps);
    }

    /**
     * The loss for given noise and noise levels.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z noise of deviation σ_d, shape of x0
     * @param sigma level of each sample [N], positive
     * @param weights e^w λ of each sample [N]
     * @param rho ρ, 0 to 1
     * @param labels class of each image [N], or empty
     * @param online F_θ, with TrigFlow or EDM scalings
     * @param target θ⁻, of which the teacher is made
     * @param dropoutSeed seed of the masks of both passes
     * @return the loss
     */
    public LossTerms atLevels(
            Tensor x0,
            Tensor z,
            double[] sigma,
            double[] weights,
            double rho,
            Optional<Tensor> labels,
            ConsistencyModel online,
            ConsistencyModel target,
            long dropoutSeed) {
        var sign = TrigFlowPoint.sign(online);
        var point = TrigFlowPoint.of(x0, z, sigma, online.scalings().sigmaData());
        Tensor g;
        try (var _ = Gradients.disabled()) {
            var v =
                    teacher.map(of -> taught(of.apply(target), point, labels))
                            .orElseGet(() -> point.velocity(x0, z));
            var direction = direction(point, v, rho, labels, online, dropoutSeed);
            g = tangent.limited(direction.g()).times(sign);
        }
        try (var _ = Gradients.enabled()) {
            var f = online.net().forward(point.input(), point.time(online), labels, dropoutSeed);
            var distances = Images.meanSquare(f, f.detach().plus(g)); // F − sg F − sg g
            return LossTerms.weighted(distances, weights, sigma);
        }
    }

    /** The tangent at ρ, and what it is made of. */
    static Direction direction(
            TrigFlowPoint point,
            Tensor v,
            double rho,
            Optional<Tensor> labels,
            ConsistencyModel online,
            long dropoutSeed) {
        var sigmaData = point.sigmaData();
        var both = point.each(n -> point.cos()[n] * point.sin()[n]); // cos t sin t
        Jvp raw =
                online.net()
                        .jvp(
                                point.input(),
                                point.time(online),
                                labels,
                                dropoutSeed,
                                Images.scaled(both, v).times(1 / sigmaData),
                                point.timeTangent(online, both));
        var sign = TrigFlowPoint.sign(online);
        var f = raw.value().times(sign);
        var j = raw.tangent().times(sign);
        return new Direction(f, j, tangent(point, v, f, j, rho));
    }

    /** g = −cos² t (σ_d F − v) − ρ (cos t sin t · x_t + σ_d J). */
    static Tensor tangent(TrigFlowPoint point, Tensor v, Tensor f, Tensor j, double rho) {
        var sigmaData = point.sigmaData();
        var squared = point.each(n -> square(point.cos()[n])); // cos² t
        var both = point.each(n -> point.cos()[n] * point.sin()[n]); // cos t sin t
        var first = Images.combined(point.each(n -> -squared[n] * sigmaData), f, squared, v);
        var second =
                Images.combined(
                        point.each(n -> -rho * both[n]),
                        point.x(),
                        point.each(_ -> -rho * sigmaData),
                        j);
        return first.plus(second);
    }

    /** v = σ_d F = (cos t · x_t − D(x_t/cos t, σ)) / sin t, for a teacher of any form. */
    private static Tensor taught(Denoiser teacher, TrigFlowPoint point, Optional<Tensor> labels) {
        var x = Images.scaled(point.each(n -> 1 / point.cos()[n]), point.x()); // x_σ
        var clean = teacher.denoise(x, point.sigma(), labels);
        return Images.combined(
                point.each(n -> point.cos()[n] / point.sin()[n]),
                point.x(),
                point.each(n -> -1 / point.sin()[n]),
                clean);
    }

    private static double square(double value) {
        return value * value;
    }
}
