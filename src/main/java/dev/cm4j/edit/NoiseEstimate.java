package dev.cm4j.edit;

import dev.cm4j.image.Picture;
import java.util.Arrays;

/**
 * How noisy a picture is, from its finest diagonal details: edges are few, noise is everywhere.
 *
 * <pre>
 *   d = (x₀₀ − x₀₁ − x₁₀ + x₁₁) / 2    over all 2×2 pixels of each channel
 *   σ = median |d| / 0.6745
 * </pre>
 *
 * Where noise was cut off at black or white the estimate is too small.
 *
 * <p>Source: Donoho and Johnstone 1994, section 5, with the Haar wavelet.
 */
public final class NoiseEstimate {

    /** Median of |n| for n ~ N(0, 1). */
    private static final double MEDIAN = 0.6744897501960817;

    private static final double LEVELS_PER_UNIT = 127.5;

    private NoiseEstimate() {}

    /**
     * Estimates the noise of a picture.
     *
     * @param picture at least 2×2 pixels
     * @return σ in units of the [−1, 1] image range, at least 0
     * @throws IllegalArgumentException if the picture is smaller
     */
    public static double of(Picture picture) {
        int rows = picture.height() - 1;
        int columns = picture.width() - 1;
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException(
                    "noise is estimated from 2x2 pixels at least, not from " + picture);
        }
        int[] details = new int[picture.channels() * rows * columns];
        byte[] bytes = picture.bytes();
        int width = picture.width();
        for (int i = 0; i < details.length; i++) {
            int channel = i / (rows * columns);
            int row = i / columns % rows;
            int at = (channel * picture.height() + row) * width + i % columns;
            details[i] =
                    Math.abs(
                            (bytes[at] & 0xFF)
                                    - (bytes[at + 1] & 0xFF)
                                    - (bytes[at + width] & 0xFF)
                                    + (bytes[at + width + 1] & 0xFF));
        }
        Arrays.sort(details);
        int middle = details.length / 2;
        double median =
                details.length % 2 == 1
                        ? details[middle]
                        : (details[middle - 1] + details[middle]) / 2.0;
        return median / 2 / MEDIAN / LEVELS_PER_UNIT;
    }
}
