package dev.cm4j.metric;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Random;

/**
 * Kernel Inception Distance: an unbiased squared mean discrepancy of two sets of features.
 *
 * <pre>
 *   k(a, b) = (a·b/d + 1)³
 *   KID = (ΣK_xx − tr K_xx)/(m(m−1)) + (ΣK_yy − tr K_yy)/(m(m−1)) − 2 ΣK_xy/m²
 * </pre>
 *
 * Taken over subsets drawn without replacement; unlike a Fréchet distance its expectation does not
 * depend on their size. Source: Bińkowski et al. 2018 (arXiv 1801.01401), section 4.
 *
 * @param mean over the subsets; may be slightly negative for equal distributions
 * @param deviation standard deviation over the subsets
 * @param subsets how many
 * @param size vectors of each set in a subset, m
 */
public record KernelDistance(double mean, double deviation, int subsets, int size) {

    /** Subsets of the paper. */
    public static final int SUBSETS = 100;

    /** Vectors of a subset in the paper. */
    public static final int SIZE = 1000;

    private static final int POWER = 3;

    /**
     * Compares two sets.
     *
     * @param first features [n, d] row-major
     * @param second features [k, d] row-major
     * @param dimension d, positive
     * @param subsets how many, at least 1
     * @param size vectors of a subset; less where a set has fewer
     * @param seed of the draws
     * @return the distance
     * @throws IllegalArgumentException if a set has fewer than 2 vectors
     */
    public static KernelDistance of(
            float[] first, float[] second, int dimension, int subsets, int size, long seed) {
        int rowsOfFirst = rows(first, dimension);
        int rowsOfSecond = rows(second, dimension);
        if (subsets < 1 || size < 2) {
            throw new IllegalArgumentException(
                    subsets + " subsets of " + size + "; one subset of two vectors is the least");
        }
        int m = Math.min(size, Math.min(rowsOfFirst, rowsOfSecond));
        Random random = new Random(seed);
        double[] values = new double[subsets];
        for (int i = 0; i < subsets; i++) {
            try (var _ = Scope.open()) {
                values[i] =
                        squared(
                                subset(first, dimension, drawn(rowsOfFirst, m, random)),
                                subset(second, dimension, drawn(rowsOfSecond, m, random)));
            }
        }
        double mean = 0;
        for (double value : values) {
            mean += value / subsets;
        }
        double variance = 0;
        for (double value : values) {
            variance += (value - mean) * (value - mean) / subsets;
        }
        return new KernelDistance(mean, Math.sqrt(variance), subsets, m);
    }

    /** The discrepancy of two sets of one size. */
    private static double squared(Tensor x, Tensor y) {
        long m = x.size(0);
        double pairs = (double) m * (m - 1);
        return (off(x) + off(y)) / pairs - 2 * kernel(x.matmul(y.permute(1, 0)), x) / m / m;
    }

    /** ΣK − tr K of a set with itself. */
    private static double off(Tensor x) {
        return kernel(x.matmul(x.permute(1, 0)), x) - kernel(x.square().sum(1), x);
    }

    private static double kernel(Tensor products, Tensor x) {
        return products.dividedBy((double) x.size(1)).plus(1).pow(POWER).sum().item();
    }

    private static Tensor subset(float[] set, int dimension, int[] rows) {
        float[] flat = new float[rows.length * dimension];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(set, rows[i] * dimension, flat, i * dimension, dimension);
        }
        return Tensor.of(flat, rows.length, dimension).to(DType.F64);
    }

    /** The first m of a shuffled 0 … n − 1. */
    private static int[] drawn(int n, int m, Random random) {
        int[] all = new int[n];
        for (int i = 0; i < n; i++) {
            all[i] = i;
        }
        for (int i = 0; i < m; i++) {
            int other = i + random.nextInt(n - i);
            int kept = all[i];
            all[i] = all[other];
            all[other] = kept;
        }
        return Arrays.copyOf(all, m);
    }

    private static int rows(float[] flat, int dimension) {
        if (dimension < 1 || flat.length % dimension != 0 || flat.length / dimension < 2) {
            throw new IllegalArgumentException(
                    flat.length
                            + " numbers are no two or more vectors of "
                            + dimension
                            + ", which a kernel distance needs");
        }
        return flat.length / dimension;
    }
}
