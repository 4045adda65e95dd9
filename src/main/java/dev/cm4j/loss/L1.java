package dev.cm4j.loss;

import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;

/** Mean absolute difference: d(a, b) = mean |a − b|. */
public record L1() implements Distance {

    @Override
    public Tensor perSample(Tensor a, Tensor b) {
        return Images.meanAbsolute(a, b);
    }
}
