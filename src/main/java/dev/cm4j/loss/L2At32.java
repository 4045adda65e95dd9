package dev.cm4j.loss;

import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Tensor;

/**
 * Mean squared difference of both images resized to 32 × 32 (bilinear, half-pixel centres, no
 * antialiasing).
 *
 * <p>Source: the original consistency code, loss norm {@code l2-32}.
 */
public record L2At32() implements Distance {

    private static final int SIZE = 32;

    @Override
    public Tensor perSample(Tensor a, Tensor b) {
        return new L2()
                .perSample(
                        Layers.resizeBilinear(a, SIZE, SIZE), Layers.resizeBilinear(b, SIZE, SIZE));
    }
}
