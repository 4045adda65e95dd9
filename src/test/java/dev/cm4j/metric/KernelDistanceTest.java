package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KernelDistanceTest {

    @Test
    void goldenValue() {
        var distance =
                KernelDistance.of(
                        new float[] {1, 0, 0, 1, 1, 1},
                        new float[] {2, 0, 0, 2, 1, 1},
                        2,
                        5,
                        1000,
                        0);
        assertEquals(-2.583333333, distance.mean(), 1e-9);
        assertEquals(0, distance.deviation(), 1e-12); // each subset is the whole set
        assertEquals(3, distance.size());
    }

    @Test
    void equalDistributionsAreAtZeroAndOthersAreNot() {
        float[] first = normal(2000, 0, 1);
        float[] second = normal(2000, 0, 2);
        float[] moved = normal(2000, .5, 3);
        KernelDistance near = KernelDistance.of(first, second, 4, 40, 500, 9);
        KernelDistance far = KernelDistance.of(first, moved, 4, 40, 500, 9);
        assertTrue(Math.abs(near.mean()) < 3 * near.deviation(), near.toString());
        assertTrue(far.mean() > 5 * far.deviation(), far.toString());
        assertEquals(near, KernelDistance.of(first, second, 4, 40, 500, 9));
    }

    @Test
    void refusesSingles() {
        float[] one = {1, 2};
        assertThrows(
                IllegalArgumentException.class,
                () -> KernelDistance.of(one, new float[4], 2, 1, 10, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> KernelDistance.of(new float[4], new float[4], 2, 0, 10, 0));
    }

    private static float[] normal(int rows, double mean, long seed) {
        Random random = new Random(seed);
        float[] values = new float[rows * 4];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (mean + random.nextGaussian());
        }
        return values;
    }
}
