package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * Consistency distillation: a diffusion model supplies the second point of each pair.
 *
 * <pre>
 *   i ~ U{0 … N−2};   t = σ(i; N);   r = σ(i+1; N);   z ~ N(0, I)
 *   x_t = x₀ + t z;   x_r = one {@link Solver} step of the teacher from (x_t, t) to r
 *   L = mean λ(t) · d(f_θ(x_t, t), sg f_θ⁻(x_r, r))
 * </pre>
 *
 * <p>Source: Song et al. 2023, algorithm 2.
 *
 * @param teacher D, without dropout
 * @param solver the step's order
 * @param curriculum N(k)
 * @param weighting λ, uniform in every published run
 * @param distance d
 * @param range ends and curvature of the grid
 */
public record ConsistencyDistillation(
        Denoiser teacher,
        Solver solver,
        Curriculum curriculum,
        Weighting weighting,
        Distance distance,
        NoiseRange range)
        implements Objective {

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
        var indices = GridPoints.uniform(step.uniforms(x0), n - 1); // i ~ U{0 … N−2}
        var z = step.noise(x0);
        return atIndices(x0, z, indices, n, labels, online, target, step.dropoutSeed());
    }

    /**
     * The loss for given noise and grid indices.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z standard normal noise, shape of x0
     * @param indices i of each sample, 0 … n − 2
     * @param n number of grid points
     * @param labels class of each image [N], or empty
     * @param online f_θ
     * @param target f_θ⁻
     * @param dropoutSeed seed of the masks of student and target
     * @return the loss
     */
    public LossTerms atIndices(
            Tensor x0,
            Tensor z,
            int[] indices,
            int n,
            Optional<Tensor> labels,
            ConsistencyModel online,
            ConsistencyModel target,
            long dropoutSeed) {
        var grid = range.grid(n);
        var t = GridPoints.sigmas(grid, indices, 0);
        var r = GridPoints.sigmas(grid, indices, 1);
        var xt = ConsistencyPair.noisy(x0, t, z); // x_t = x₀ + t z
        Tensor xr;
        try (var _ = Gradients.disabled()) {
            xr = solver.step(teacher, xt, t, r, labels);
        }
        return new ConsistencyPair(xt, t, xr, r)
                .loss(weighting, distance, labels, online, target, dropoutSeed);
    }
}
