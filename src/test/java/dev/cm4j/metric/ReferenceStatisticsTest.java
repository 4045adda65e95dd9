package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.NpzImages;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceStatisticsTest {

    private static final Reference.Wishes SOME = new Reference.Wishes(false, 2);

    @TempDir Path folder;

    /** Sees the mean of each channel, and counts how often it is asked to look. */
    private static final class Means implements FeatureExtractor {
        private final String identity;
        private int looks;

        Means(String identity) {
            this.identity = identity;
        }

        @Override
        public String distanceName() {
            return "fid-means";
        }

        @Override
        public String protocol() {
            return "means of channels";
        }

        @Override
        public int features() {
            return 3;
        }

        @Override
        public int spatialFeatures() {
            return 0;
        }

        @Override
        public int classes() {
            return 3;
        }

        @Override
        public boolean knowsLabels() {
            return false;
        }

        @Override
        public String identity() {
            return identity;
        }

        @Override
        public Reading read(Tensor pixels) {
            looks++;
            Tensor means = pixels.to(DType.F32).mean(2, 3);
            return new Reading(
                    (int) pixels.size(0),
                    means.toFloats(),
                    means.softmax(1).toFloats(),
                    new float[0]);
        }

        @Override
        public void close() {}
    }

    private Dataset pictures(String name, int first) {
        Path file = folder.resolve(name);
        byte[] pixels = new byte[3 * 2 * 2 * 3];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (first + i * i % 50);
        }
        try (var _ = Scope.open()) {
            Tensor images = Tensor.of(pixels, 3, 2, 2, 3);
            var entry = new TensorEntry("arr_0", DType.U8, images.shape(), images.asSegment());
            NpzFile.write(file, Map.of("arr_0", entry));
        }
        return NpzImages.open(file);
    }

    private Reference known(Dataset pictures, FeatureExtractor eye, Reference.Wishes wishes) {
        return ReferenceStatistics.of(
                pictures, pictures.fingerprint(), eye, wishes, folder.resolve("cache"), _ -> {});
    }

    @Test
    void everyChangeIsANewFile() throws IOException {
        var eye = new Means("a");
        var other = new Means("b");
        try (Dataset one = pictures("one.npz", 0);
                Dataset two = pictures("two.npz", 9)) {
            Reference first = known(one, eye, SOME);
            Reference again = known(one, eye, SOME);
            assertEquals(1, eye.looks);
            assertArrayEquals(first.pool().mean(), again.pool().mean());
            assertArrayEquals(first.features(), again.features());
            known(two, eye, SOME); // other pictures
            assertEquals(2, eye.looks);
            known(one, eye, Reference.Wishes.STATISTICS); // another wish
            assertEquals(3, eye.looks);
            known(one, other, SOME); // other weights
            assertEquals(1, other.looks);
            assertEquals(4, cached().size());
        }
    }

    @Test
    void aTornFileIsComputedAgain() throws IOException {
        var eye = new Means("a");
        try (Dataset one = pictures("one.npz", 0)) {
            double[] mean = known(one, eye, SOME).pool().mean();
            Path file = cached().getFirst();
            byte[] whole = Files.readAllBytes(file);
            Files.write(file, Arrays.copyOf(whole, whole.length / 2));
            assertArrayEquals(mean, known(one, eye, SOME).pool().mean());
            assertEquals(2, eye.looks);
            assertTrue(ReferenceFile.hasStatistics(file));
        }
    }

    private List<Path> cached() throws IOException {
        try (var files = Files.list(folder.resolve("cache"))) {
            return files.toList();
        }
    }
}
