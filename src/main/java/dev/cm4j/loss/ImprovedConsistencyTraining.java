package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.DiscreteLogNormal;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * Improved consistency training: log-normal grid intervals, doubling grids, pseudo-Huber distance,
 * and a target that is the online network itself (give a target rate of 0).
 *
 * <pre>
 *   i ~ p;   t = σ(i; N);   r = σ(i+1; N);   z ~ N(0, I)
 *   L = mean 1/(t − r) · d(f_θ(x₀ + t z, t), sg f_θ(x₀ + r z, r))
 * </pre>
 *
 * <p>Source: Song &amp; Dhariwal 2023, section 3.
 *
 * @param curriculum N(k), {@code DoublingCurriculum} in the paper
 * @param law p, the law of grid intervals
 * @param weighting λ, {@link Weighting#ICT} in the paper
 * @param distance d, {@link PseudoHuber} in the paper
 * @param range ends and curvature of the grid
 */
public record ImprovedConsistencyTraining(
        Curriculum curriculum,
        DiscreteLogNormal law,
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
        var z = step.noise(x0);
        return atIndices(
                x0, z, indices(x0, step, n), n, labels, online, target, step.dropoutSeed());
    }

    @Override
    public Optional<PairLevels> pair(Tensor x0, StepContext step, double sigmaData) {
        var n = curriculum.scales(step.step());
        return Optional.of(
                new ConsistencyTraining(curriculum, weighting, distance, range)
                        .pairAt(indices(x0, step, n), n, sigmaData));
    }

    private int[] indices(Tensor x0, StepContext step, int n) {
        var cumulative = law.cumulative(range.grid(n));
        var uniforms = step.uniforms(x0);
        var indices = new int[uniforms.length];
        for (int s = 0; s < indices.length; s++) {
            indices[s] = DiscreteLogNormal.draw(cumulative, uniforms[s]); // i ~ p
        }
        return indices;
    }

    /**
     * The loss for given noise and grid indices.
     *
     * @param x0 clean images [N, C, H, W]
     * @param z standard normal noise, shape of x0
     * @param indices i of each sample, 0 … n − 2, counted from the noisiest interval
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
        // the pair of points and its loss are those of consistency training
        return new ConsistencyTraining(curriculum, weighting, distance, range)
                .atIndices(x0, z, indices, n, labels, online, target, dropoutSeed);
    }
}
