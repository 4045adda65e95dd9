package dev.cm4j.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class IdealDenoiserTest {

    private static final int SIZE = 5; // images of 1x5x5, which fill no vector
    private static final int NUMBERS = SIZE * SIZE;
    private static final List<Integer> CLASSES = List.of(3, 0, 4);
    private static final int IMAGES = 7;

    @Test
    void isTheWeightedMeanOfItsClass() {
        try (var _ = Scope.open();
                var ideal = ideal()) {
            var x = noise(5, 6);
            double[] sigma = {.3, 1, 2, .7, 5, 1};
            long[] labels = {0, 2, 3, 2, 0, 3}; // 3 stands for none
            var found = ideal.denoise(x, sigma, Optional.of(Tensor.of(labels))).toFloats();
            for (int n = 0; n < sigma.length; n++) {
                int from = labels[n] == 2 ? 3 : 0;
                int to = labels[n] == 0 ? 3 : IMAGES;
                assertArrayEquals(
                        mean(row(x.toFloats(), n), sigma[n], from, to),
                        row(found, n),
                        1e-5f,
                        "image " + n);
            }
            double[] all = {2, 2};
            assertArrayEquals(
                    ideal.denoise(x.narrow(0, 0, 2), all, Optional.of(Tensor.of(new long[] {3, 3})))
                            .toFloats(),
                    ideal.denoise(x.narrow(0, 0, 2), all, Optional.empty()).toFloats());
        }
    }

    /** Between the nearest image, where there is hardly noise, and the mean of all. */
    @Test
    void knowsItsImagesAndTheirMean() {
        try (var _ = Scope.open();
                var ideal = ideal()) {
            var images = images();
            var near = new double[IMAGES];
            Arrays.fill(near, .002);
            var noisy = images.plus(noise(8, IMAGES).times(.002));
            assertArrayEquals(
                    images.toFloats(),
                    ideal.denoise(noisy, near, Optional.empty()).toFloats(),
                    1e-6f);
            var far = ideal.denoise(noise(9, 1).times(1e4), new double[] {1e4}, Optional.empty());
            assertArrayEquals(images.mean(0).toFloats(), far.toFloats(), 1e-3f);
        }
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        try (var _ = Scope.open();
                var ideal = ideal()) {
            var x = noise(5, 1);
            double[] one = {1};
            refuses("no image of class 1", () -> ideal.denoise(x, one, label(1)));
            refuses("no image of class 4", () -> ideal.denoise(x, one, label(4)));
            refuses("no image of class -1", () -> ideal.denoise(x, one, label(-1)));
            refuses("positive noise levels", () -> ideal.denoise(x, new double[] {0}, label(0)));
            var wide = Noise.normal(1, new long[] {0}, 0, 1, SIZE, 2 * SIZE);
            refuses("noisy images of 50 numbers", () -> ideal.denoise(wide, one, label(0)));
            refuses(
                    "classes of [3, 3] images do not share out 7",
                    () -> IdealDenoiser.of(pixels(), List.of(3, 3), Device.CPU));
            refuses(
                    "wants the bytes of images",
                    () -> IdealDenoiser.of(images(), CLASSES, Device.CPU));
            assertEquals(IMAGES * (NUMBERS + 4), IdealDenoiser.bytes(IMAGES, NUMBERS));
        }
    }

    private static void refuses(String words, Runnable action) {
        var refused = assertThrows(IllegalArgumentException.class, action::run);
        assertTrue(refused.getMessage().contains(words), refused.getMessage());
    }

    private static Optional<Tensor> label(long label) {
        return Optional.of(Tensor.of(new long[] {label}));
    }

    private static IdealDenoiser ideal() {
        return IdealDenoiser.of(pixels(), CLASSES, Device.CPU);
    }

    private static Tensor images() {
        return pixels().to(DType.F32).dividedBy(127.5).minus(1);
    }

    private static Tensor pixels() {
        var bytes = new byte[IMAGES * NUMBERS];
        new Random(1).nextBytes(bytes);
        return Tensor.of(bytes, IMAGES, 1, SIZE, SIZE);
    }

    private static Tensor noise(long seed, int count) {
        return Noise.normal(
                seed, IntStream.range(0, count).asLongStream().toArray(), 0, 1, SIZE, SIZE);
    }

    private static float[] row(float[] all, int n) {
        return Arrays.copyOfRange(all, n * NUMBERS, (n + 1) * NUMBERS);
    }

    /** Σ w y / Σ w, w = exp(−‖x − y‖²/2σ²), in double precision. */
    private static float[] mean(float[] x, double sigma, int from, int to) {
        var images = images().toFloats();
        var mean = new double[NUMBERS];
        double sum = 0;
        for (int k = from; k < to; k++) {
            var y = row(images, k);
            double distance = 0;
            for (int j = 0; j < NUMBERS; j++) {
                distance += (x[j] - y[j]) * (double) (x[j] - y[j]);
            }
            double weight = Math.exp(-distance / (2 * sigma * sigma));
            sum += weight;
            for (int j = 0; j < NUMBERS; j++) {
                mean[j] += weight * y[j];
            }
        }
        var found = new float[NUMBERS];
        for (int j = 0; j < NUMBERS; j++) {
            found[j] = (float) (mean[j] / sum);
        }
        return found;
    }
}
