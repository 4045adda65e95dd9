package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Digits;
import dev.cm4j.tensor.Scope;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The judge without a file: always the same, and it sees what is worse. */
class RandomFeaturesNativeTest {

    private static final int COUNT = 256;

    @Test
    void theSameNetworkEveryTime() {
        try (var _ = Scope.open();
                var digits = Digits.of(8, 28, 0)) {
            var pixels = digits.pixels(IntStream.range(0, 8).toArray());
            Reading first = new RandomFeatures(1).read(pixels);
            assertArrayEquals(first.features(), new RandomFeatures(1).read(pixels).features());
            assertEquals(8 * RandomFeatures.FEATURES, first.features().length);
            float[] alone = new RandomFeatures(1).read(pixels.narrow(0, 3, 1)).features();
            for (int i = 0; i < alone.length; i++) {
                assertEquals(first.features()[3 * alone.length + i], alone[i], 1e-4);
            }
        }
    }

    @Test
    void spoiledDigitsLieFartherAway() {
        double clean = distance(0);
        double noisy = distance(.02);
        double worse = distance(.1);
        assertTrue(clean < noisy && noisy < worse, clean + ", " + noisy + ", " + worse);
    }

    /** Of digits of which a share of the pixels is noise, from others. */
    private static double distance(double share) {
        try (var _ = Scope.open();
                var digits = Digits.of(2 * COUNT, 28, 0)) {
            var judge = new RandomFeatures(1);
            var known = new FeatureStatistics.Accumulator(RandomFeatures.FEATURES);
            var seen = new FeatureStatistics.Accumulator(RandomFeatures.FEATURES);
            known.add(judge.read(digits.pixels(IntStream.range(0, COUNT).toArray())).features());
            byte[] bytes = digits.pixels(IntStream.range(COUNT, 2 * COUNT).toArray()).toBytes();
            var draws = new Random(1);
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = draws.nextDouble() < share ? (byte) draws.nextInt() : bytes[i];
            }
            var spoiled = dev.cm4j.tensor.Tensor.of(bytes, COUNT, 1, 28, 28);
            seen.add(judge.read(spoiled).features());
            return FrechetDistance.between(known.statistics(), seen.statistics());
        }
    }

    @Test
    void otherPicturesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new RandomFeatures(2));
        try (var _ = Scope.open();
                var digits = Digits.of(2, 28, 0)) {
            var pixels = digits.pixels(0, 1);
            var error =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> new RandomFeatures(3).read(pixels));
            assertTrue(error.getMessage().contains("[N, 3, H, W]"), error.getMessage());
        }
    }
}
