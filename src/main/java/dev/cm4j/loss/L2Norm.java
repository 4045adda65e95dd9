package dev.cm4j.loss;

import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;

/**
 * Euclidean norm of the difference: d(a, b) = √Σ(a − b)². Its gradient where a = b is 0.
 *
 * <p>Source: Geng et al. 2024, the adaptive weighting with c = 0.
 */
public record L2Norm() implements Distance {

    @Override
    public Tensor perSample(Tensor a, Tensor b) {
        return Images.norm(a, b);
    }
}
