package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FrechetDistanceTest {

    private static final FeatureStatistics FIRST =
            new FeatureStatistics(9, new double[] {0, 0}, new double[][] {{2, .5}, {.5, 1}});
    private static final FeatureStatistics SECOND =
            new FeatureStatistics(9, new double[] {1, -1}, new double[][] {{1, 0}, {0, 3}});

    @Test
    void goldenValue() {
        assertEquals(2.808852871, FrechetDistance.between(FIRST, SECOND), 1e-9);
        assertEquals(2.808852871, FrechetDistance.between(SECOND, FIRST), 1e-9);
    }

    @Test
    void equalSetsAreAtDistanceZero() {
        assertEquals(0, FrechetDistance.between(FIRST, FIRST), 1e-12);
    }

    @Test
    void singularCovariances() {
        double[][] flat = {{0, 0}, {0, 0}};
        FeatureStatistics point = new FeatureStatistics(2, new double[] {3, 4}, flat);
        assertEquals(25 + 3, FrechetDistance.between(point, FIRST), 1e-12);
    }

    @Test
    void refusesOtherDimensions() {
        FeatureStatistics one = new FeatureStatistics(2, new double[] {0}, new double[][] {{1}});
        var error =
                assertThrows(
                        IllegalArgumentException.class, () -> FrechetDistance.between(FIRST, one));
        assertTrue(error.getMessage().contains("dimension 1"), error.getMessage());
    }

    @Test
    void refusesNonFiniteFeatures() {
        var accumulator = new FeatureStatistics.Accumulator(2);
        accumulator.add(new float[] {1, Float.NaN, 2, 3});
        FeatureStatistics broken = accumulator.statistics();
        assertThrows(IllegalArgumentException.class, () -> FrechetDistance.between(FIRST, broken));
    }

    @Test
    void batchesDoNotMatter() {
        Random random = new Random(3);
        float[] all = new float[300 * 4];
        for (int i = 0; i < all.length; i++) {
            all[i] = 1000 + random.nextFloat();
        }
        var whole = new FeatureStatistics.Accumulator(4);
        whole.add(all);
        var parts = new FeatureStatistics.Accumulator(4);
        for (int from = 0, step = 1; from < 300; from += step, step = step * 2) {
            int to = Math.min(300, from + step);
            parts.add(java.util.Arrays.copyOfRange(all, from * 4, to * 4));
        }
        parts.add(new float[0]);
        assertEquals(300, parts.count());
        FeatureStatistics a = whole.statistics();
        FeatureStatistics b = parts.statistics();
        for (int i = 0; i < 4; i++) {
            assertEquals(a.mean()[i], b.mean()[i], 1e-10);
            for (int j = 0; j < 4; j++) {
                assertEquals(direct(all, 300, 4, i, j), b.covariance()[i][j], 1e-10);
            }
        }
        assertEquals(0, FrechetDistance.between(a, b), 1e-9);
    }

    @Test
    void statisticsOfSeveralBlocks() {
        int n = 9001;
        int d = 7;
        Random random = new Random(4);
        float[] all = new float[n * d];
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) (random.nextGaussian() + 3 * (i % d) + 1e-3 * (i / d)); // it drifts
        }
        var accumulator = new FeatureStatistics.Accumulator(d);
        accumulator.add(all);
        double[][] covariance = accumulator.statistics().covariance();
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                assertEquals(direct(all, n, d, i, j), covariance[i][j], 1e-10);
            }
        }
    }

    @Test
    void refusesPartVectorsAndSingles() {
        var accumulator = new FeatureStatistics.Accumulator(3);
        assertThrows(IllegalArgumentException.class, () -> accumulator.add(new float[4]));
        accumulator.add(new float[3]);
        assertThrows(IllegalArgumentException.class, accumulator::statistics);
    }

    private static double direct(float[] x, int n, int d, int i, int j) {
        double meanI = 0;
        double meanJ = 0;
        for (int r = 0; r < n; r++) {
            meanI += x[r * d + i] / (double) n;
            meanJ += x[r * d + j] / (double) n;
        }
        double sum = 0;
        for (int r = 0; r < n; r++) {
            sum += (x[r * d + i] - meanI) * (x[r * d + j] - meanJ);
        }
        return sum / (n - 1);
    }
}
