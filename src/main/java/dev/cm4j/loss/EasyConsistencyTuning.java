package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.PerSample;
import dev.cm4j.model.Rows;
import dev.cm4j.schedule.EctMapping;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.Stages;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Easy consistency tuning, which turns a diffusion model into a consistency model by letting the
 * target's noise level r approach the student's t.
 *
 * <pre>
 *   ln t ~ N(P_mean, P_std²);   r = r(t, a), a the stage;   z ~ N(0, I)
 *   S = D_θ(x₀ + t z, t);   Y = sg D_θ(x₀ + r z, r), and Y = x₀ where r = 0;   NaN in Y → 0
 *   L = mean w(t, r) · d(S, Y)
 * </pre>
 *
 * <p>Where r = 0 the loss is plain denoising and the target network is not asked.
 *
 * <p>x₀ + r z is one of many points that x₀ + t z may have come from, and Y differs from one to the
 * next. With an {@link IdealPath} x_r is where the trajectory through x_t leads instead, the same
 * each time: x₀ + σ z is replaced by the straight line of one solver step,
 *
 * <pre>
 *   x_t = x₀ + t z;   s = the step's slope;   x₀ ← x_t − t s;   z ← s
 * </pre>
 *
 * <p>which passes through x_t and, at r = 0, ends in D(x_t; t) = E[x₀ | x_t].
 *
 * <p>Source: Geng et al. 2024, section 3, and the published code. That the mean over many images
 * steadies the target: Xu et al. 2023 (2302.00670), for consistency models Wang et al. 2024
 * (2410.18958); there it is estimated from a sample of them.
 *
 * @param times law of t
 * @param mapping from t and the stage to r
 * @param stages the stage as a function of progress
 * @param weighting w, {@link Weighting#ECT} or {@link Weighting#SNRPK}
 * @param distance d, {@link L2Norm} (c = 0) or {@link PseudoHuber}
 * @param path where x_r lies; empty: on the sample's own line, as published
 */
public record EasyConsistencyTuning(
        LogNormalTimes times,
        EctMapping mapping,
        Stages stages,
        Weighting weighting,
        Distance distance,
        Optional<IdealPath> path)
        implements Objective {

    /**
     * Trajectories that do not depend on the noise drawn.
     *
     * @param denoiser D, such as {@link dev.cm4j.model.IdealDenoiser}, without dropout
     * @param solver of the step from t to r
     */
    public record IdealPath(Denoiser denoiser, Solver solver) {}

    /** The target pass on a part of the batch takes a multiple of an eighth of it. */
    private static final int PARTS = 8;

    /** As published. */
    public EasyConsistencyTuning(
            LogNormalTimes times,
            EctMapping mapping,
            Stages stages,
            Weighting weighting,
            Distance distance) {
        this(times, mapping, stages, weighting, distance, Optional.empty());
    }

    @Override
    public long distanceBytes(int images, int size) {
        return distance.bytes(images, size);
    }

    @Override
    public LossTerms evaluate(
            Tensor x0,
            Optional<Tensor> labels,
            StepContext step,
            ConsistencyModel online,
            ConsistencyModel target) {
        var t = noisier(x0, step);
        var r = cleaner(t, step);
        var z = step.noise(x0);
        var line =
                path.map(ideal -> Line.of(ideal, x0, z, t, r, labels))
                        .orElseGet(() -> new Line(x0, z));
        return atLevels(
                line.origin(), line.slope(), t, r, labels, online, target, step.dropoutSeed());
    }

    /** x_σ = origin + σ slope. */
    private record Line(Tensor origin, Tensor slope) {

        static Line of(
                IdealPath ideal,
                Tensor x0,
                Tensor z,
                double[] t,
                double[] r,
                Optional<Tensor> labels) {
            try (var _ = Gradients.disabled()) {
                var xt = noisy(x0, t, z);
                var slope = ideal.solver().slope(ideal.denoiser(), xt, t, r, labels);
                return new Line(xt.minus(slope.times(PerSample.column(t, xt))), slope);
            }
        }
    }

    /**
     * The pair of each sample; its goal is the image itself where r = 0. None where the path asks a
     * denoiser.
     */
    @Override
    public Optional<PairLevels> pair(Tensor x0, StepContext step, double sigmaData) {
        if (path.isPresent()) {
            return Optional.empty();
        }
        var t = noisier(x0, step);
        return Optional.of(
                PairLevels.weighted(t, cleaner(t, step), weighting, distance, sigmaData, true));
    }

    private double[] noisier(Tensor x0, StepContext step) {
        return Arrays.stream(step.uniforms(x0)).map(times::quantile).toArray();
    }

    private double[] cleaner(double[] t, StepContext step) {
        var stage = stages.stage(step.step(), step.totalSteps());
        return Arrays.stream(t).map(level -> mapping.r(level, stage)).toArray();
    }

    /**
     * The loss for given noise and noise levels.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z standard normal noise, shape of x0
     * @param t level of each student [N], positive
     * @param r level of each target [N], below t, not negative
     * @param labels class of each image [N], or empty
     * @param online D_θ
     * @param target what gives Y; the online network as published
     * @param dropoutSeed seed of the masks of both passes
     * @return the loss
     */
    public LossTerms atLevels(
            Tensor x0,
            Tensor z,
            double[] t,
            double[] r,
            Optional<Tensor> labels,
            ConsistencyModel online,
            ConsistencyModel target,
            long dropoutSeed) {
        Tensor goal;
        try (var _ = Gradients.disabled()) {
            goal = goal(x0, z, r, labels, target, dropoutSeed);
        }
        var xt = ConsistencyPair.noisy(x0, t, z);
        return new ConsistencyPair(xt, t, x0, r)
                .loss(goal, weighting, distance, labels, online, dropoutSeed);
    }

    private static Tensor goal(
            Tensor x0,
            Tensor z,
            double[] r,
            Optional<Tensor> labels,
            ConsistencyModel target,
            long dropoutSeed) {
        var asked = IntStream.range(0, r.length).filter(n -> r[n] > 0).toArray();
        if (asked.length == 0) {
            return x0;
        }
        var part = Math.max(1, r.length / PARTS);
        var rows = Math.min(r.length, (asked.length + part - 1) / part * part);
        // masks belong to a place in the batch, so with dropout the batch stays whole
        if (rows == r.length || target.net().config().dropout() > 0) {
            var y = withoutNan(target.denoise(noisy(x0, r, z), r, labels, dropoutSeed));
            return asked.length == r.length
                    ? y
                    : Rows.replaced(x0, asked, y.indexSelect(0, Rows.index(asked, x0.device())));
        }
        return partial(x0, z, r, labels, target, dropoutSeed, asked, rows);
    }

    /** Runs the target on the rows asked for, filled up with others to a size that recurs. */
    private static Tensor partial(
            Tensor x0,
            Tensor z,
            double[] r,
            Optional<Tensor> labels,
            ConsistencyModel target,
            long dropoutSeed,
            int[] asked,
            int rows) {
        var idle = IntStream.range(0, r.length).filter(n -> r[n] <= 0);
        var order = IntStream.concat(Arrays.stream(asked), idle).limit(rows).toArray();
        var index = Rows.index(order, x0.device());
        var levels = Arrays.stream(order).mapToDouble(n -> r[n]).toArray();
        var x = noisy(x0.indexSelect(0, index), levels, z.indexSelect(0, index)); // [rows, …]
        var some = labels.map(all -> all.indexSelect(0, index));
        var y = withoutNan(target.denoise(x, levels, some, dropoutSeed));
        return Rows.replaced(x0, asked, y.narrow(0, 0, asked.length)); // [N, …]
    }

    private static Tensor noisy(Tensor x0, double[] sigma, Tensor z) {
        return ConsistencyPair.noisy(x0, sigma, z);
    }

    private static Tensor withoutNan(Tensor y) {
        var zero = Tensor.zeros(DType.F32).to(y.device());
        return Tensor.where(y.equalTo(y), y, zero); // NaN ≠ NaN
    }
}
