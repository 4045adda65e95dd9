package dev.cm4j.metric;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * Mean and covariance of a set of feature vectors: all a Fréchet distance needs to know of it.
 *
 * @param count number of vectors, at least 2; 0 where a file does not say
 * @param mean μ [d]
 * @param covariance Σ [d][d] with divisor count − 1, symmetric
 */
public record FeatureStatistics(long count, double[] mean, double[][] covariance) {

    /**
     * @throws IllegalArgumentException if count is 1 or negative, or the covariance is not [d][d]
     */
    public FeatureStatistics {
        if (count < 2 && count != 0) {
            throw new IllegalArgumentException(
                    "a covariance needs at least 2 feature vectors, found " + count);
        }
        if (covariance.length != mean.length
                || Arrays.stream(covariance).anyMatch(row -> row.length != mean.length)) {
            throw new IllegalArgumentException(
                    "covariance must be " + mean.length + " x " + mean.length);
        }
    }

    /** d, the length of a feature vector. */
    public int dimension() {
        return mean.length;
    }

    /** Tr Σ, the total variance. */
    public double trace() {
        double sum = 0;
        for (int i = 0; i < mean.length; i++) {
            sum += covariance[i][i];
        }
        return sum;
    }

    /**
     * Gathers features batch by batch in double, by matrix products of whole blocks of rows; the
     * batches' sizes do not matter. Of the symmetric product only strips of rows up to the diagonal
     * are computed.
     *
     * <p>Each block is centred on its own mean and merged with what came before, so no large equal
     * numbers are subtracted, and memory does not grow with the number of vectors. Source: Chan,
     * Golub and LeVeque 1979, pairwise update. One thread at a time.
     */
    public static final class Accumulator {

        private static final int BLOCK = 4096; // rows of one product
        private static final int STRIPS = 4; // 10/16 of the whole product

        private final int dimension;
        private final double[] mean;
        private final double[] scatter; // [d, d], of which the lower triangle is kept
        private final float[] block; // rows not merged yet
        private int waiting;
        private long count;

        /**
         * @param dimension d, the length of a feature vector, positive
         */
        public Accumulator(int dimension) {
            if (dimension < 1) {
                throw new IllegalArgumentException("feature dimension " + dimension + " < 1");
            }
            this.dimension = dimension;
            mean = new double[dimension];
            scatter = new double[Math.multiplyExact(dimension, dimension)];
            block = new float[Math.multiplyExact(BLOCK, dimension)];
        }

        /**
         * Adds feature vectors.
         *
         * @param features [n, d] row-major, n at least 0
         * @throws IllegalArgumentException if the length is no multiple of d
         */
        public void add(float[] features) {
            if (features.length % dimension != 0) {
                throw new IllegalArgumentException(
                        features.length + " numbers are no whole vectors of " + dimension);
            }
            int rows = features.length / dimension;
            for (int row = 0; row < rows; ) {
                int taken = Math.min(rows - row, BLOCK - waiting);
                System.arraycopy(
                        features, row * dimension, block, waiting * dimension, taken * dimension);
                waiting += taken;
                row += taken;
                if (waiting == BLOCK) {
                    merge();
                }
            }
        }

        /** Number of vectors added. */
        public long count() {
            return count + waiting;
        }

        /**
         * @return mean and covariance of all vectors added so far
         * @throws IllegalArgumentException if fewer than two were added
         */
        public FeatureStatistics statistics() {
            merge();
            if (count == 0) {
                throw new IllegalArgumentException(
                        "a covariance needs at least 2 feature vectors, found none");
            }
            double[][] covariance = new double[dimension][dimension];
            for (int i = 0; i < dimension; i++) {
                for (int j = 0; j <= i; j++) {
                    covariance[i][j] = scatter[i * dimension + j] / (count - 1);
                    covariance[j][i] = covariance[i][j];
                }
            }
            return new FeatureStatistics(count, mean.clone(), covariance);
        }

        /** Moves the waiting rows into mean and scatter. */
        private void merge() {
            if (waiting == 0) {
                return;
            }
            try (var _ = Scope.open()) {
                float[] rows = Arrays.copyOf(block, waiting * dimension);
                Tensor x = Tensor.of(rows, waiting, dimension).to(DType.F64);
                Tensor centre = x.meanKeep(0); // [1, d]
                Tensor centred = x.minus(centre);
                double weight = (double) count * waiting / (count + waiting);
                double share = (double) waiting / (count + waiting);
                double[] gap = centre.toDoubles();
                for (int i = 0; i < dimension; i++) {
                    gap[i] -= mean[i];
                    mean[i] += share * gap[i];
                }
                for (int strip = 0; strip < STRIPS; strip++) {
                    int first = dimension * strip / STRIPS;
                    int last = dimension * (strip + 1) / STRIPS;
                    if (first < last) {
                        addRows(centred, gap, weight, first, last);
                    }
                }
            }
            count += waiting;
            waiting = 0;
        }

        /** Adds rows first … last − 1 of the product and of the gap between the means. */
        private void addRows(Tensor centred, double[] gap, double weight, int first, int last) {
            try (var _ = Scope.open()) {
                double[] added =
                        centred.narrow(1, first, last - first)
                                .permute(1, 0)
                                .matmul(centred.narrow(1, 0, last)) // [last - first, last]
                                .toDoubles();
                for (int i = first; i < last; i++) {
                    int from = (i - first) * last;
                    int to = i * dimension;
                    double factor = weight * gap[i];
                    for (int j = 0; j <= i; j++) {
                        scatter[to + j] += added[from + j] + factor * gap[j];
                    }
                }
            }
        }
    }
}
