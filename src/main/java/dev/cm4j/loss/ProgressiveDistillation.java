package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.PerSample;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;

/**
 * Progressive distillation: the student's one step learns to do two steps of its teacher.
 *
 * <pre>
 *   i ~ U{0 … N−1};   t = g(i/N);   t₂ = g((i+½)/N);   t₃ = g((i+1)/N);   z ~ N(0, I)
 *   x_t = x₀ + t z  →  x_{t₂}  →  x_{t₃}     two Euler steps of the teacher
 *   x̂ = x_t − t (x_{t₃} − x_t)/(t₃ − t)     where one Euler step would need D to point
 *   L = mean λ(t) · d(D_θ(x_t, t), x̂)
 * </pre>
 *
 * <p>g is {@link NoiseRange#at}. The target model of {@link #evaluate} is the teacher; at each
 * change of N the run copies the student into it.
 *
 * <p>Source: Salimans &amp; Ho 2022, algorithm 2, in the form of the original consistency code.
 *
 * @param curriculum N(k), {@code HalvingCurriculum}
 * @param weighting λ, {@link Weighting#TRUNCATED_SNR} in the paper
 * @param distance d
 * @param range ends and curvature of g
 * @param first teacher of the first stage, without dropout; empty: the target model as ever
 */
public record ProgressiveDistillation(
        Curriculum curriculum,
        Weighting weighting,
        Distance distance,
        NoiseRange range,
        Optional<Denoiser> first)
        implements Objective {

    /**
     * The objective whose every teacher is the target model.
     *
     * @param curriculum N(k)
     * @param weighting λ
     * @param distance d
     * @param range ends and curvature of g
     */
    public ProgressiveDistillation(
            Curriculum curriculum, Weighting weighting, Distance distance, NoiseRange range) {
        this(curriculum, weighting, distance, range, Optional.empty());
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
        var n = curriculum.scales(step.step());
        var indices = GridPoints.uniform(step.uniforms(x0), n); // i ~ U{0 … N−1}
        var z = step.noise(x0);
        var teacher = first.filter(_ -> n == curriculum.scales(0)).orElse(target);
        return atIndices(x0, z, indices, n, labels, online, teacher, step.dropoutSeed());
    }

    /**
     * The loss for given noise and step indices.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z standard normal noise, shape of x0
     * @param indices i of each sample, 0 … n − 1
     * @param n number of student steps
     * @param labels class of each image [N], or empty
     * @param online D_θ
     * @param teacher whose two steps are learnt, without dropout
     * @param dropoutSeed seed of the student's masks
     * @return the loss
     */
    public LossTerms atIndices(
            Tensor x0,
            Tensor z,
            int[] indices,
            int n,
            Optional<Tensor> labels,
            ConsistencyModel online,
            Denoiser teacher,
            long dropoutSeed) {
        var t = levels(indices, i -> (double) i / n);
        var t3 = levels(indices, i -> (i + 1.0) / n);
        var xt = ConsistencyPair.noisy(x0, t, z);
        Tensor goal;
        try (var _ = Gradients.disabled()) {
            goal = goal(teacher, xt, indices, n, labels);
        }
        return new ConsistencyPair(xt, t, xt, t3)
                .loss(goal, weighting, distance, labels, online, dropoutSeed);
    }

    /**
     * What the student shall give.
     *
     * @param teacher whose two steps are learnt
     * @param xt points at level t = g(i/n) [N, C, H, W]
     * @param indices i of each sample, 0 … n − 1
     * @param n number of student steps
     * @param labels class of each image [N], or empty
     * @return x̂, shape of xt
     */
    public Tensor goal(Denoiser teacher, Tensor xt, int[] indices, int n, Optional<Tensor> labels) {
        var t = levels(indices, i -> (double) i / n);
        var t2 = levels(indices, i -> (i + 0.5) / n);
        var t3 = levels(indices, i -> (i + 1.0) / n);
        var x2 = Solver.EULER.step(teacher, xt, t, t2, labels);
        var x3 = Solver.EULER.step(teacher, x2, t2, t3, labels);
        var factor = new double[t.length];
        for (int s = 0; s < factor.length; s++) {
            factor[s] = t[s] / (t3[s] - t[s]);
        }
        return xt.minus(x3.minus(xt).times(PerSample.column(factor, xt))); // x̂
    }

    private double[] levels(int[] indices, IntToDoubleFunction position) {
        var levels = new double[indices.length];
        for (int s = 0; s < levels.length; s++) {
            levels[s] = range.at(position.applyAsDouble(indices[s]));
        }
        return levels;
    }
}
