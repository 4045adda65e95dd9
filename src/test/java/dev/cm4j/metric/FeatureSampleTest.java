package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class FeatureSampleTest {

    @Test
    void keepsAllWhereTheyFit() {
        var sample = new FeatureSample(2, 1000);
        float[] all = new float[2 * 700];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        sample.add(Arrays.copyOf(all, 200));
        sample.add(Arrays.copyOfRange(all, 200, all.length));
        assertEquals(700, sample.count());
        assertArrayEquals(all, sample.features());
    }

    @Test
    void everyVectorHasTheSameChance() {
        var sample = new FeatureSample(1, 1000);
        for (int i = 0; i < 20_000; i += 100) {
            float[] part = new float[100];
            for (int j = 0; j < part.length; j++) {
                part[j] = i + j;
            }
            sample.add(part);
        }
        float[] kept = sample.features();
        assertEquals(1000, kept.length);
        double mean = 0;
        for (float value : kept) {
            mean += value / kept.length;
        }
        assertEquals(10_000, mean, 600, "5,774 / √1000 is one standard deviation");
    }

    @Test
    void refusesPartVectors() {
        assertThrows(
                IllegalArgumentException.class, () -> new FeatureSample(3, 5).add(new float[4]));
        assertThrows(IllegalArgumentException.class, () -> new FeatureSample(2048, 2_000_000));
    }
}
