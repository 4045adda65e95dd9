package dev.cm4j.metric;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * Squared distances of all pairs of two sets of vectors, a block of rows at a time.
 *
 * <pre>
 *   ‖a − b‖² = ‖a‖² + ‖b‖² − 2 a·b,   in double, after the sets' common mean is taken off
 * </pre>
 */
final class PairDistances {

    private static final int BLOCK = 512; // rows of a product

    private PairDistances() {}

    /** Takes the distances of one row. */
    @FunctionalInterface
    interface RowConsumer {

        /**
         * @param row of the first set
         * @param squares ‖a_row − b_j‖² at from + j for each j of the second set
         * @param from where they begin
         */
        void accept(int row, double[] squares, int from);
    }

    /**
     * The mean of two sets.
     *
     * @param a [m, d] row-major
     * @param b [n, d] row-major
     * @param dimension d
     * @return [d]
     */
    static double[] commonMean(float[] a, float[] b, int dimension) {
        double[] mean = new double[dimension];
        double rows = (double) (a.length + b.length) / dimension;
        for (int i = 0; i < a.length; i++) {
            mean[i % dimension] += a[i] / rows;
        }
        for (int i = 0; i < b.length; i++) {
            mean[i % dimension] += b[i] / rows;
        }
        return mean;
    }

    /**
     * Visits all rows in order.
     *
     * @param a [m, d] row-major
     * @param b [n, d] row-major
     * @param centre [d], taken off both for accuracy
     * @param consumer takes them
     */
    static void visit(float[] a, float[] b, double[] centre, RowConsumer consumer) {
        int d = centre.length;
        int rows = a.length / d;
        int columns = b.length / d;
        try (var _ = Scope.open()) {
            Tensor middle = Tensor.of(centre, 1, d);
            Tensor second = Tensor.of(b, columns, d).to(DType.F64).minus(middle);
            Tensor secondSquares = second.square().sum(1); // [n]
            for (int first = 0; first < rows; first += BLOCK) {
                int count = Math.min(BLOCK, rows - first);
                try (var _ = Scope.open()) {
                    float[] part = Arrays.copyOfRange(a, first * d, (first + count) * d);
                    Tensor block = Tensor.of(part, count, d).to(DType.F64).minus(middle);
                    Tensor squares = block.matmul(second.permute(1, 0)).times(-2); // [count, n]
                    squares.addInPlace(block.square().sumKeep(1));
                    squares.addInPlace(secondSquares);
                    double[] values = squares.maximum(0).toDoubles();
                    for (int i = 0; i < count; i++) {
                        consumer.accept(first + i, values, i * columns);
                    }
                }
            }
        }
    }
}
