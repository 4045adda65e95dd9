package dev.cm4j.loss;

import dev.cm4j.tensor.Images;
import dev.cm4j.tensor.Tensor;

/**
 * Pseudo-Huber distance over the whole image: d(a, b) = √(Σ(a − b)² + c²) − c.
 *
 * <p>Quadratic well below c, the Euclidean norm well above it.
 *
 * <p>Source: Song &amp; Dhariwal 2023, section 3.3.
 *
 * @param c where the one turns into the other, positive; {@link L2Norm} is the case c = 0
 */
public record PseudoHuber(double c) implements Distance {

    /**
     * Checks c.
     *
     * @throws IllegalArgumentException if c is not positive and finite
     */
    public PseudoHuber {
        if (!(c > 0 && c < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "pseudo-Huber needs c > 0, but c is " + c + "; for 0 use the l2 norm");
        }
    }

    /**
     * The distance of the paper for an image size: c = 0.00054 √D.
     *
     * @param channels channels of an image
     * @param height rows
     * @param width columns
     * @return the distance with D = channels · height · width
     */
    public static PseudoHuber forImages(int channels, int height, int width) {
        return new PseudoHuber(0.00054 * Math.sqrt((double) channels * height * width));
    }

    @Override
    public Tensor perSample(Tensor a, Tensor b) {
        return Images.pseudoHuber(a, b, c);
    }
}
