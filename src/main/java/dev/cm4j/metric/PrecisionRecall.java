package dev.cm4j.metric;

import java.util.Arrays;

/**
 * Improved precision and recall: how many samples look real, how much of the real is covered.
 *
 * <pre>
 *   r_i² = the (k+1)-th smallest ‖x_i − x_j‖² of a set, x_i itself included
 *   precision = share of samples inside the ball of some reference;  recall: roles exchanged
 * </pre>
 *
 * Distances are computed in double, a block of rows at a time. Source: Kynkäänniemi et al. 2019
 * (arXiv 1904.06991).
 *
 * @param precision 0 to 1
 * @param recall 0 to 1
 */
public record PrecisionRecall(double precision, double recall) {

    /** k, as OpenAI's evaluator has it. */
    public static final int NEIGHBOURS = 3;

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
        requireRows(reference, dimension, neighbours);
        requireRows(samples, dimension, neighbours);
        double[] centre = PairDistances.commonMean(reference, samples, dimension);
        double[] real = radii(reference, centre, neighbours);
        double[] made = radii(samples, centre, neighbours);
        boolean[] covered = new boolean[real.length];
        int[] inside = new int[1];
        PairDistances.visit(
                samples,
                reference,
                centre,
                (row, squares, from) -> {
                    boolean near = false;
                    for (int j = 0; j < real.length; j++) {
                        near |= squares[from + j] <= real[j];
                        covered[j] |= squares[from + j] <= made[row];
                    }
                    inside[0] += near ? 1 : 0;
                });
        int found = 0;
        for (boolean one : covered) {
            found += one ? 1 : 0;
        }
        return new PrecisionRecall((double) inside[0] / made.length, (double) found / real.length);
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
        requireRows(features, dimension, neighbours);
        double[] centre = PairDistances.commonMean(features, new float[0], dimension);
        return radii(features, centre, neighbours);
    }

    private static double[] radii(float[] features, double[] centre, int neighbours) {
        int count = features.length / centre.length;
        double[] radii = new double[count];
        double[] smallest = new double[neighbours + 1];
        PairDistances.visit(
                features,
                features,
                centre,
                (row, squares, from) -> {
                    Arrays.fill(smallest, Double.POSITIVE_INFINITY);
                    for (int j = 0; j < count; j++) {
                        insert(smallest, j == row ? 0 : squares[from + j]);
                    }
                    radii[row] = smallest[neighbours];
                });
        return radii;
    }

    /** Keeps the smallest values seen, ascending. */
    private static void insert(double[] smallest, double value) {
        int at = smallest.length - 1;
        if (value >= smallest[at]) {
            return;
        }
        while (at > 0 && smallest[at - 1] > value) {
            smallest[at] = smallest[at - 1];
            at--;
        }
        smallest[at] = value;
    }

    private static void requireRows(float[] flat, int dimension, int neighbours) {
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
    }
}
