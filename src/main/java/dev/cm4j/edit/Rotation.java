package dev.cm4j.edit;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * An orthogonal matrix Q whose first column is a given direction, and pictures whose component
 * along that direction is known.
 *
 * <pre>
 *   Q R = [v | e₂ | … | e_n]    by Householder reflections; −Q if its first column sums to less than 0
 *   A x = x Q,   A⁻¹ u = u Qᵀ   along the last dimension;   known is (A x)₀
 * </pre>
 *
 * Source: openai/consistency_models, {@code karras_diffusion.py}, {@code iterative_colorization}
 * and {@code iterative_superres}; Householder 1958.
 */
final class Rotation {

    private final int size;
    private final float[] matrix; // Q [n, n]

    private Rotation(int size, float[] matrix) {
        this.size = size;
        this.matrix = matrix;
    }

    /**
     * The rotation of a direction.
     *
     * @param direction v, of any length but 0
     * @return Q, computed in double
     */
    static Rotation onto(double... direction) {
        int n = direction.length;
        double[][] q = orthogonal(direction);
        double sum = 0;
        for (double[] row : q) {
            sum += row[0];
        }
        float[] matrix = new float[n * n];
        for (int i = 0; i < n * n; i++) {
            double value = q[i / n][i % n];
            matrix[i] = (float) (sum < 0 ? -value : value);
        }
        return new Rotation(n, matrix);
    }

    /** One entry of Q. */
    double entry(int row, int column) {
        return matrix[row * size + column];
    }

    /** The part of x [.., n] along the direction. */
    Tensor measured(Tensor x) {
        Tensor first = x.matmul(q()).narrow(-1, 0, 1);
        long[] rest = first.shape();
        rest[rest.length - 1] = size - 1L;
        return Tensor.cat(-1, first, Tensor.zeros(DType.F32, rest)).matmul(transposed());
    }

    /** x [.., n] with the part of y along the direction. */
    Tensor impose(Tensor y, Tensor x) {
        Tensor known = y.matmul(q()).narrow(-1, 0, 1);
        Tensor made = x.matmul(q()).narrow(-1, 1, size - 1L);
        return Tensor.cat(-1, known, made).matmul(transposed());
    }

    private Tensor q() {
        return Tensor.of(matrix, (long) size, (long) size);
    }

    private Tensor transposed() {
        return q().permute(1, 0);
    }

    private static double[][] orthogonal(double[] direction) {
        int n = direction.length;
        double[][] r = new double[n][n];
        double[][] q = new double[n][n];
        for (int i = 0; i < n; i++) {
            r[i][i] = 1;
            q[i][i] = 1;
            r[i][0] = direction[i];
        }
        double[] mirror = new double[n];
        double[] products = new double[n];
        for (int k = 0; k < n - 1; k++) {
            double length = 0;
            for (int i = k; i < n; i++) {
                mirror[i] = r[i][k];
                length += mirror[i] * mirror[i];
            }
            mirror[k] += Math.copySign(Math.sqrt(length), mirror[k]);
            double square = 0;
            for (int i = k; i < n; i++) {
                square += mirror[i] * mirror[i];
            }
            if (square > 0) {
                reflectRows(r, mirror, products, k, 2 / square);
                reflectColumns(q, mirror, k, 2 / square);
            }
        }
        return q;
    }

    /** R ← (I − f m mᵀ) R, where m begins at k. */
    private static void reflectRows(
            double[][] r, double[] mirror, double[] products, int k, double factor) {
        int n = r.length;
        Arrays.fill(products, 0);
        for (int i = k; i < n; i++) {
            for (int j = k; j < n; j++) {
                products[j] += mirror[i] * r[i][j];
            }
        }
        for (int i = k; i < n; i++) {
            for (int j = k; j < n; j++) {
                r[i][j] -= factor * mirror[i] * products[j];
            }
        }
    }

    /** Q ← Q (I − f m mᵀ), where m begins at k. */
    private static void reflectColumns(double[][] q, double[] mirror, int k, double factor) {
        int n = q.length;
        for (double[] row : q) {
            double product = 0;
            for (int j = k; j < n; j++) {
                product += row[j] * mirror[j];
            }
            for (int j = k; j < n; j++) {
                row[j] -= factor * product * mirror[j];
            }
        }
    }
}
