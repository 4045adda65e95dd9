package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * Consistency training, which needs no teacher.
 *
 * <pre>
 *   i ~ U{0 … N−2};   t = σ(i; N);   r = σ(i+1; N);   z ~ N(0, I)
 *   L = mean λ(t) · d(f_θ(x₀ + t z, t), sg f_θ⁻(x₀ + r z, r))
 * </pre>
 *
 * <p>Source: Song et al. 2023, algorithm 3.
 *
 * @param curriculum N(k)
 * @param weighting λ, uniform in every published run
 * @param distance d
 * @param range ends and curvature of the grid
 */
public record ConsistencyTraining(
        Curriculum curriculum, Weighting weighting, Distance distance, NoiseRange range)
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

    @Override
    public Optional<PairLevels> pair(Tensor x0, StepContext step, double sigmaData) {
        var n = curriculum.scales(step.step());
        return Optional.of(pairAt(GridPoints.uniform(step.uniforms(x0), n - 1), n, sigmaData));
    }

    PairLevels pairAt(int[] indices, int n, double sigmaData) {
        var grid = range.grid(n);
        return PairLevels.weighted(
                GridPoints.sigmas(grid, indices, 0),
                GridPoints.sigmas(grid, indices, 1),
                weighting,
                distance,
                sigmaData,
                false);
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
     * @param dropoutSeed seed of the masks of both passes
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
        var xr = ConsistencyPair.noisy(x0, r, z); // the Euler step with D ≡ x₀
        return new ConsistencyPair(xt, t, xr, r)
                .loss(weighting, distance, labels, online, target, dropoutSeed);
    }
}
