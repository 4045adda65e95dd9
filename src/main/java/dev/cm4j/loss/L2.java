package dev.cm4j.loss;

import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;

/** Mean squared difference: d(a, b) = mean (a − b)². */
public record L2() implements Distance {

    @Override
    public Tensor perSample(Tensor a, Tensor b) {
        return Images.meanSquare(a, b);
    }
}
