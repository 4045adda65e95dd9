package dev.cm4j.metric;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Improved precision and recall: how many samples look real, how much of the real is covered.
 *
 * <pre>
 *   r_i² = the (k+1)-th smallest ‖x_i − x_j‖² of a set, x_i itself included
 *   precision = share of samples inside the ball of some reference;  recall: roles exchanged
 * </pre>
 *
 * Distances are computed in double. Source: Kynkäänniemi et al. 2019 (arXiv 1904.06991).
 *
 * @param precision 0 to 1
 * @param recall 0 to 1
 */
public record PrecisionRecall(double precision, double recall) {

    /**
     * @param reference features of real pictures [m, d] row-major
     * @param samples features of generated pictures [n, d] row-major
     * @param dimension d, positive
     * @param neighbours k, at least 1 and below both m and n; 3 is usual
     * @return precision and recall
     * @throws IllegalArgumentException if the sizes do not fit
     */
    public static PrecisionRecall of(
            float[] reference, float[] samples, int dimension, int neighbours) {
        double[][] real = rows(reference, dimension, neighbours);
        double[][] made = rows(samples, dimension, neighbours);
        return new PrecisionRecall(
                covered(made, real, radii(real, neighbours)),
                covered(real, made, radii(made, neighbours)));
    }

    /**
     * Squared radii r_i² of a set.
     *
     * @param features [n, d] row-major
     * @param dimension d, positive
     * @param neighbours k, at least 1 and below n
     * @return r_i² [n]
     * @throws IllegalArgumentException if the sizes do not fit
     */
    public static double[] radii(float[] features, int dimension, int neighbours) {
        return radii(rows(features, dimension, neighbours), neighbours);
    }

    private static double[] radii(double[][] set, int neighbours) {
        return IntStream.range(0, set.length)
                .parallel()
                .mapToDouble(i -> {
                    double[] d = Arrays.stream(set).mapToDouble(x -> square(x, set[i])).toArray();
                    Arrays.sort(d);
                    return d[neighbours];
                })
                .toArray();
    }

    private static double covered(double[][] points, double[][] centres, double[] radii) {
        long inside =
                IntStream.range(0, points.length)
                        .parallel()
                        .filter(i ->
                                IntStream.range(0, centres.length)
                                        .anyMatch(j -> square(points[i], centres[j]) <= radii[j]))
                        .count();
        return (double) inside / points.length;
    }

    private static double square(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            double gap = a[i] - b[i];
            sum += gap * gap;
        }
        return sum;
    }

    static double[][] rows(float[] flat, int dimension, int neighbours) {
        if (dimension < 1 || flat.length % dimension != 0) {
            throw new IllegalArgumentException(
                    flat.length + " numbers are no whole vectors of " + dimension);
        }
        int count = flat.length / dimension;
        if (neighbours < 1 || neighbours >= count) {
            throw new IllegalArgumentException(
                    neighbours
                            + " neighbours need more than "
                            + neighbours
                            + " vectors, found "
                            + count);
        }
        double[][] rows = new double[count][dimension];
        for (int i = 0; i < flat.length; i++) {
            rows[i / dimension][i % dimension] = flat[i];
        }
        return rows;
    }
}
