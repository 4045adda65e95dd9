package dev.cm4j.sample;

import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;

/**
 * Where a sampler's standard normal numbers come from.
 *
 * <p>A sampler asks in a fixed order: draw 0 is the start, draw i the noise of step i, counted from
 * 1. Sources with a stream rely on the order, counter-based ones on the number.
 */
@FunctionalInterface
public interface NoiseSource {

    /**
     * Draws noise.
     *
     * @param draw number of the draw, from 0
     * @param shape [N, C, H, W], the same for every draw
     * @return float32 tensor of this shape, owned by the innermost open {@code Scope}
     */
    Tensor normal(int draw, long... shape);

    /**
     * Passes over a draw whose numbers are not needed.
     *
     * @param draw number of the draw
     * @param shape what would have been drawn
     */
    default void skip(int draw, long... shape) {
        try (var _ = Scope.open()) {
            normal(draw, shape);
        }
    }
}
