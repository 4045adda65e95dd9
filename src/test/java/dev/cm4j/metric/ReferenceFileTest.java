package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReferenceFileTest {

    private static final FeatureStatistics POOL =
            new FeatureStatistics(9, new double[] {1, 2}, new double[][] {{2, .5}, {.5, 1}});
    private static final FeatureStatistics PLACES =
            new FeatureStatistics(9, new double[] {3}, new double[][] {{4}});

    @TempDir Path folder;

    @Test
    void comesBackAsItWas() {
        Path file = folder.resolve("own.npz");
        float[] features = {1, 2, 3, 4, 5, 6};
        ReferenceFile.write(file, new Reference(POOL, Optional.of(PLACES), features), "mine");
        assertTrue(ReferenceFile.hasStatistics(file));
        assertFalse(ReferenceFile.hasPictures(file));
        assertEquals(Optional.of("mine"), ReferenceFile.identity(file));
        Reference read = ReferenceFile.read(file, 2);
        assertEquals(9, read.pool().count());
        assertArrayEquals(POOL.mean(), read.pool().mean());
        assertArrayEquals(POOL.covariance()[1], read.pool().covariance()[1]);
        assertEquals(4, read.spatial().orElseThrow().covariance()[0][0]);
        assertArrayEquals(features, read.features());
    }

    @Test
    void guidedDiffusionFilesAreReadWithoutACount() {
        Path file = folder.resolve("VIRTUAL.npz");
        try (var _ = Scope.open()) {
            Map<String, TensorEntry> arrays = new LinkedHashMap<>();
            put(arrays, "arr_0", Tensor.of(new byte[12], 1, 2, 2, 3));
            put(arrays, "mu", Tensor.of(new double[] {1, 2}));
            put(arrays, "sigma", Tensor.of(new double[] {2, .5, .5, 1}, 2, 2));
            put(arrays, "mu_s", Tensor.of(new float[] {3}));
            put(arrays, "sigma_s", Tensor.of(new float[] {4}, 1, 1));
            NpzFile.write(file, arrays);
        }
        Reference read = ReferenceFile.read(file, 2);
        assertEquals(0, read.pool().count());
        assertEquals(0, read.kept());
        assertEquals(.5, read.pool().covariance()[0][1]);
        assertEquals(3, read.spatial().orElseThrow().mean()[0]);
        assertTrue(ReferenceFile.hasPictures(file));
        assertEquals(0, FrechetDistance.between(read.pool(), POOL), 1e-12);
    }

    @Test
    void otherFeaturesAreRefused() {
        Path file = folder.resolve("own.npz");
        ReferenceFile.write(file, new Reference(POOL, Optional.empty(), new float[0]), "mine");
        var error = assertThrows(FormatException.class, () -> ReferenceFile.read(file, 2048));
        assertTrue(error.getMessage().contains("2048"), error.getMessage());
    }

    @Test
    void aDescriptionBeyondAllUseIsRefused() {
        Path file = folder.resolve("own.npz");
        try (var _ = Scope.open()) {
            Map<String, TensorEntry> arrays = new LinkedHashMap<>();
            put(arrays, "meta", Tensor.of(new byte[2 << 20]));
            NpzFile.write(file, arrays);
        }
        var error = assertThrows(FormatException.class, () -> ReferenceFile.identity(file));
        assertTrue(error.getMessage().contains("meta of 2097152 bytes"), error.getMessage());
    }

    private static void put(Map<String, TensorEntry> arrays, String name, Tensor tensor) {
        arrays.put(name, new TensorEntry(name, tensor.dtype(), tensor.shape(), tensor.asSegment()));
    }
}
