package dev.cm4j.loss;

import dev.cm4j.tensor.Tensor;

/**
 * Tangents of nearly equal length: g / (‖g‖ + c), where ‖g‖ is the root mean square over a sample.
 *
 * <p>Source: Lu &amp; Song 2024, section 4.2; the root mean square instead of the Euclidean norm as
 * all implementations read it.
 *
 * @param c positive, 0.1 in the paper
 */
public record NormalisedTangent(double c) implements Tangent {

    /**
     * Checks c.
     *
     * @throws IllegalArgumentException if c is not positive and finite
     */
    public NormalisedTangent {
        if (!(c > 0 && c < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("normalised tangents need c > 0, but c is " + c);
        }
    }

    @Override
    public Tensor limited(Tensor g) {
        var rms = g.reshape(g.size(0), -1).square().mean(1).sqrt(); // [N]
        return g.dividedBy(rms.plus(c).reshape(g.size(0), 1, 1, 1));
    }
}
