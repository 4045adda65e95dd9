package dev.cm4j.loss;

import dev.cm4j.tensor.Tensor;

/**
 * Tangents with every entry limited to ±limit.
 *
 * <p>Source: Lu &amp; Song 2024, section 4.2, the alternative.
 *
 * @param limit positive, 1 in the paper
 */
public record ClippedTangent(double limit) implements Tangent {

    /**
     * Checks the limit.
     *
     * @throws IllegalArgumentException if limit is not positive and finite
     */
    public ClippedTangent {
        if (!(limit > 0 && limit < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "clipped tangents need a positive limit, but it is " + limit);
        }
    }

    @Override
    public Tensor limited(Tensor g) {
        return g.clamp(-limit, limit);
    }
}
