package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.SymmetricEigen;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** LAPACK's eigenvalues against the plain Java ones, and the distance of large features. */
@ExtendWith(NoLeaks.class)
class NativeEigenTest {

    @Test
    void agreesWithPlainJava() {
        int n = 90;
        double[][] rows = gram(n, 40);
        JavaEigen plain = JavaEigen.of(rows);
        try (var _ = Scope.open()) {
            double[] flat = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
            Tensor a = Tensor.of(flat, n, n);
            double size = plain.values()[n - 1];
            assertArrayEquals(plain.values(), SymmetricEigen.values(a).toDoubles(), 1e-13 * size);
            SymmetricEigen eigen = SymmetricEigen.of(a);
            assertArrayEquals(plain.values(), eigen.values().toDoubles(), 1e-13 * size);
            Tensor root = eigen.factor();
            double[] rebuilt = root.matmul(root.permute(1, 0)).toDoubles();
            assertArrayEquals(flat, rebuilt, 1e-12 * size);
        }
    }

    @Test
    void whatIsNotFiniteDoesNotSettle() {
        try (var _ = Scope.open()) {
            Tensor broken = Tensor.of(new double[] {1, Double.NaN, Double.NaN, 1}, 2, 2);
            assertThrows(ArithmeticException.class, () -> SymmetricEigen.of(broken));
        }
    }

    @Test
    void distanceOfAShiftedAndScaledSetIsKnown() {
        // x and 2x + m of the same x: sum of (s - 2s)^2 over the deviations, and |m|^2 with mu = 0
        int d = 300;
        double[][] first = gram(d, 700);
        double[][] second = new double[d][d];
        double trace = 0;
        for (int i = 0; i < d; i++) {
            trace += first[i][i];
            for (int j = 0; j < d; j++) {
                second[i][j] = 4 * first[i][j];
            }
        }
        double[] moved = new double[d];
        Arrays.fill(moved, .1);
        double distance =
                FrechetDistance.between(
                        new FeatureStatistics(700, new double[d], first),
                        new FeatureStatistics(700, moved, second));
        assertEquals(trace + .01 * d, distance, 1e-9 * trace);
        assertTrue(distance > 0);
    }

    private static double[][] gram(int n, int rows) {
        Random random = new Random(n);
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
