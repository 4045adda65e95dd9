package dev.cm4j.edit;

import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * Some pixels are known: inpainting. A = I and Ω is any mask.
 *
 * <p>Unknown pixels of the measured part are black, −1, as in openai/consistency_models.
 *
 * @param known 1 where a pixel is known, 0 where it shall be made; float32 [N or 1, C or 1, H, W],
 *     borrowed as long as this is used
 */
public record KnownPixels(Tensor known) implements Knowledge {

    private static final double UNKNOWN = -1;

    /**
     * Checks the mask.
     *
     * @throws IllegalArgumentException unless it has four dimensions
     */
    public KnownPixels {
        if (known.rank() != 4) {
            throw new IllegalArgumentException("a mask is [N, C, H, W], not " + known);
        }
    }

    @Override
    public Tensor measured(Tensor reference) {
        return chosen(reference, Tensor.full(UNKNOWN, reference.dtype(), 1, 1, 1, 1));
    }

    @Override
    public Tensor impose(Tensor reference, Tensor x) {
        return chosen(reference, x);
    }

    private Tensor chosen(Tensor reference, Tensor other) {
        long[] of = reference.shape();
        long[] mask = known.shape();
        for (int d = 0; d < of.length; d++) {
            boolean repeats = d < 2 && mask[d] == 1;
            if (mask.length != of.length || (mask[d] != of[d] && !repeats)) {
                throw new IllegalArgumentException(
                        "a mask %s does not fit pictures %s"
                                .formatted(Arrays.toString(mask), Arrays.toString(of)));
            }
        }
        return Tensor.where(known.greaterThan(0.5), reference, other);
    }
}
