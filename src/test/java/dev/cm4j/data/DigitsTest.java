package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** Drawn digits: repeatable, different from each other, inside their frame, and told apart. */
class DigitsTest {

    @Test
    void anImageDependsOnSeedAndIndexAlone() {
        try (Dataset few = Digits.of(30, 28, 7);
                Dataset many = Digits.of(1200, 28, 7);
                Dataset other = Digits.of(30, 28, 8);
                var arena = Arena.ofConfined()) {
            MemorySegment all = many.pixels().orElseThrow();
            MemorySegment image = arena.allocate(784);
            few.read(23, image);
            assertEquals(-1, image.mismatch(all.asSlice(23 * 784, 784)));
            assertNotEquals(-1, image.mismatch(all.asSlice(33 * 784, 784)));
            other.read(23, image);
            assertNotEquals(-1, image.mismatch(all.asSlice(23 * 784, 784)));
            assertNotEquals(few.fingerprint(), other.fingerprint());
            assertNotEquals(few.fingerprint(), many.fingerprint());
            assertEquals(3, few.label(23));
        }
    }

    @Test
    void inkStaysInsideAndHasTheUsualAmount() {
        try (Dataset digits = Digits.of(2000, 28, 0)) {
            MemorySegment all = digits.pixels().orElseThrow();
            double sum = 0;
            long edge = 0;
            for (long at = 0; at < all.byteSize(); at++) {
                int value = all.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
                sum += value / 255.0;
                long x = at % 28;
                long y = at / 28 % 28;
                edge += x == 0 || y == 0 || x == 27 || y == 27 ? value : 0;
            }
            assertEquals(.12, sum / all.byteSize(), .03); // MNIST: .1307
            assertTrue(edge / 255.0 < 20, "ink on the edge: " + edge / 255.0);
        }
    }

    /** The mean of each class, learnt on one set, finds most digits of another. */
    @Test
    void theNearestMeanTellsDigitsApart() {
        try (Dataset train = Digits.of(2000, 28, 1);
                Dataset test = Digits.of(1000, 28, 2)) {
            double[][] means = new double[10][784];
            MemorySegment pixels = train.pixels().orElseThrow();
            for (int i = 0; i < 2000; i++) {
                for (int p = 0; p < 784; p++) {
                    means[i % 10][p] += value(pixels, i, p) / 200.0;
                }
            }
            int right = 0;
            pixels = test.pixels().orElseThrow();
            for (int i = 0; i < 1000; i++) {
                int best = 0;
                double nearest = Double.MAX_VALUE;
                for (int digit = 0; digit < 10; digit++) {
                    double distance = 0;
                    for (int p = 0; p < 784; p++) {
                        double d = value(pixels, i, p) - means[digit][p];
                        distance += d * d;
                    }
                    if (distance < nearest) {
                        nearest = distance;
                        best = digit;
                    }
                }
                right += best == i % 10 ? 1 : 0;
            }
            assertTrue(right > 750, right + " of 1000");
        }
    }

    @Test
    void otherSizesAndSplits() {
        try (Dataset large = Digits.of(10, 64, 0);
                Dataset train = Digits.open(Split.TRAIN);
                Dataset test = Digits.open(Split.TEST)) {
            assertEquals(10 * 64 * 64, large.pixels().orElseThrow().byteSize());
            assertEquals(20_000, train.size());
            assertEquals(10_000, test.size());
            assertNotEquals(train.fingerprint(), test.fingerprint());
        }
        assertThrows(IllegalArgumentException.class, () -> Digits.of(0, 28, 0));
        assertThrows(IllegalArgumentException.class, () -> Digits.of(1, 7, 0));
    }

    private static int value(MemorySegment pixels, int image, int pixel) {
        return pixels.get(ValueLayout.JAVA_BYTE, image * 784L + pixel) & 0xFF;
    }
}
