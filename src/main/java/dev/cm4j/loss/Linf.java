package dev.cm4j.loss;

import dev.cm4j.tensor.Tensor;

/** Largest absolute difference: d(a, b) = max |a − b|. */
public record Linf() implements Distance {

    @Override
    public Tensor perSample(Tensor a, Tensor b) {
        return a.minus(b).reshape(a.size(0), -1).abs().max(1);
    }
}
