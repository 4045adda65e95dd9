package dev.cm4j.metric;

import java.util.Arrays;

/**
 * Mean and covariance of a set of feature vectors: all a Fréchet distance needs to know of it.
 *
 * @param count number of vectors, at least 2
 * @param mean μ [d]
 * @param covariance Σ [d][d] with divisor count − 1, symmetric
 */
public record FeatureStatistics(long count, double[] mean, double[][] covariance) {

    /**
     * @throws IllegalArgumentException if count is below 2 or the covariance is not [d][d]
     */
    public FeatureStatistics {
        if (count < 2) {
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
     * Gathers features batch by batch in double; the batches' sizes do not matter beyond rounding.
     *
     * <p>Each batch is centred on its own mean and merged with what came before, so no large equal
     * numbers are subtracted. Source: Chan, Golub and LeVeque 1979, pairwise update. One thread at
     * a time.
     */
    public static final class Accumulator {

        private final int dimension;
        private final double[] mean;
        private final double[][] scatter;
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
            scatter = new double[dimension][dimension];
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
            if (rows == 0) {
                return;
            }
            double[] batchMean = batchMean(features, rows);
            addScatter(features, rows, batchMean);
            double weight = (double) count * rows / (count + rows);
            double share = (double) rows / (count + rows);
            double[] gap = new double[dimension];
            for (int i = 0; i < dimension; i++) {
                gap[i] = batchMean[i] - mean[i];
                mean[i] += share * gap[i];
            }
            for (int i = 0; i < dimension; i++) {
                for (int j = 0; j <= i; j++) {
                    scatter[i][j] += weight * gap[i] * gap[j];
                }
            }
            count += rows;
        }

        /** Number of vectors added. */
        public long count() {
            return count;
        }

        /**
         * @return mean and covariance of all vectors added so far
         * @throws IllegalArgumentException if fewer than two were added
         */
        public FeatureStatistics statistics() {
            double[][] covariance = new double[dimension][dimension];
            for (int i = 0; i < dimension; i++) {
                for (int j = 0; j <= i; j++) {
                    covariance[i][j] = scatter[i][j] / (count - 1);
                    covariance[j][i] = covariance[i][j];
                }
            }
            return new FeatureStatistics(count, mean.clone(), covariance);
        }

        private double[] batchMean(float[] features, int rows) {
            double[] sum = new double[dimension];
            for (int row = 0; row < rows; row++) {
                for (int i = 0; i < dimension; i++) {
                    sum[i] += features[row * dimension + i];
                }
            }
            for (int i = 0; i < dimension; i++) {
                sum[i] /= rows;
            }
            return sum;
        }

        private void addScatter(float[] features, int rows, double[] centre) {
            double[] x = new double[dimension];
            for (int row = 0; row < rows; row++) {
                for (int i = 0; i < dimension; i++) {
                    x[i] = features[row * dimension + i] - centre[i];
                }
                for (int i = 0; i < dimension; i++) {
                    double xi = x[i];
                    if (xi != 0) {
                        double[] target = scatter[i];
                        for (int j = 0; j <= i; j++) {
                            target[j] += xi * x[j];
                        }
                    }
                }
            }
        }
    }
}
