package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JavaEigenTest {

    @Test
    void knownMatrix() {
        JavaEigen eigen = JavaEigen.of(new double[][] {{2, 1}, {1, 2}});
        assertEquals(1, eigen.values()[0], 1e-15);
        assertEquals(3, eigen.values()[1], 1e-15);
    }

    @Test
    void repeatedAndZeroEigenvalues() {
        double[][] ones = new double[5][5];
        for (double[] row : ones) {
            java.util.Arrays.fill(row, 1);
        }
        double[] values = JavaEigen.of(ones).values();
        for (int i = 0; i < 4; i++) {
            assertEquals(0, values[i], 1e-14);
        }
        assertEquals(5, values[4], 1e-14);
        assertEquals(0, JavaEigen.of(new double[0][0]).values().length);
        assertEquals(-7, JavaEigen.of(new double[][] {{-7}}).values()[0]);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10, 84, 150})
    void decomposesRandomMatrices(int n) {
        double[][] a = gram(n, n / 2 + 1, 4 + n);
        JavaEigen eigen = JavaEigen.of(a);
        double size = eigen.values()[n - 1];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                double rebuilt = 0;
                double orthogonal = 0;
                for (int k = 0; k < n; k++) {
                    rebuilt += eigen.vectors()[i][k] * eigen.values()[k] * eigen.vectors()[j][k];
                    orthogonal += eigen.vectors()[k][i] * eigen.vectors()[k][j];
                }
                assertEquals(a[i][j], rebuilt, 1e-13 * size);
                assertEquals(i == j ? 1 : 0, orthogonal, 1e-12);
            }
        }
    }

    @Test
    void squareRootSquared() {
        double[][] a = gram(30, 60, 9);
        double[][] root = JavaEigen.of(a).squareRoot();
        for (int i = 0; i < 30; i++) {
            for (int j = 0; j < 30; j++) {
                double square = 0;
                for (int k = 0; k < 30; k++) {
                    square += root[i][k] * root[k][j];
                }
                assertEquals(a[i][j], square, 1e-12);
            }
        }
    }

    @Test
    void refusesWhatIsNoMatrix() {
        assertThrows(
                IllegalArgumentException.class, () -> JavaEigen.of(new double[][] {{1, 2}, {3}}));
        assertThrows(
                IllegalArgumentException.class, () -> JavaEigen.of(new double[][] {{Double.NaN}}));
    }

    /** XᵀX / rows for a seeded normal X: positive semi-definite, of rank at most {@code rows}. */
    private static double[][] gram(int n, int rows, long seed) {
        Random random = new Random(seed);
        double[][] a = new double[n][n];
        for (int r = 0; r < rows; r++) {
            double[] x = random.doubles(n, -1, 1).toArray();
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    a[i][j] += x[i] * x[j] / rows;
                }
            }
        }
        return a;
    }
}
