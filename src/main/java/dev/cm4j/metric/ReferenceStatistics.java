package dev.cm4j.metric;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.data.Dataset;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Feature statistics of a reference data set, kept in a cache folder once computed.
 *
 * <p>The cache file's name is a hash of the data set's fingerprint and the classifier's weights, so
 * a change of either is a new file. A torn or foreign cache file is computed again.
 */
public final class ReferenceStatistics {

    private static final int BATCH = 500;
    private static final String MEAN = "mean";
    private static final String COVARIANCE = "covariance";
    private static final String COUNT = "count";
    private static final String IDENTITY = "identity";
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private ReferenceStatistics() {}

    /**
     * Statistics of all images of a data set, from the cache where they are there already.
     *
     * @param reference grey digits, 28×28 or evenly padded
     * @param classifier whose features
     * @param cache folder for the result, made if missing
     * @return mean and covariance of the features
     * @throws IllegalArgumentException if the images are not grey digits
     */
    public static FeatureStatistics of(Dataset reference, LenetClassifier classifier, Path cache) {
        String identity = classifier.sha256() + " " + reference.fingerprint();
        Path file =
                cache.resolve(
                        "fid-digits-"
                                + FileDigest.sha256(identity).substring(0, 16)
                                + ".safetensors");
        if (Files.exists(file)) {
            try {
                return read(file, identity);
            } catch (FormatException torn) {
                return store(file, identity, compute(reference, classifier));
            }
        }
        return store(file, identity, compute(reference, classifier));
    }

    /**
     * Statistics of all images of a data set, computed.
     *
     * @param reference grey digits, 28×28 or evenly padded
     * @param classifier whose features
     * @return mean and covariance of the features
     */
    public static FeatureStatistics compute(Dataset reference, LenetClassifier classifier) {
        var features = new FeatureStatistics.Accumulator(LenetClassifier.FEATURES);
        for (int first = 0; first < reference.size(); first += BATCH) {
            int count = Math.min(BATCH, reference.size() - first);
            int[] rows = IntStream.range(first, first + count).toArray();
            try (var _ = Scope.open()) {
                features.add(classifier.read(reference.pixels(rows)).features());
            }
        }
        return features.statistics();
    }

    private static FeatureStatistics read(Path file, String identity) {
        try (var saved = SafetensorsFile.open(file)) {
            if (!identity.equals(saved.metadata().get(IDENTITY))) {
                throw new FormatException(file, "statistics of other data", identity);
            }
            int d = LenetClassifier.FEATURES;
            double[] mean = doubles(file, saved.entry(MEAN), d);
            double[] flat = doubles(file, saved.entry(COVARIANCE), d * d);
            double[][] covariance = new double[d][];
            for (int i = 0; i < d; i++) {
                covariance[i] = Arrays.copyOfRange(flat, i * d, (i + 1) * d);
            }
            return new FeatureStatistics(
                    Long.parseLong(saved.metadata().get(COUNT)), mean, covariance);
        }
    }

    private static double[] doubles(Path file, TensorEntry entry, int length) {
        if (entry.dtype() != DType.F64 || entry.data().byteSize() != (long) length * Double.BYTES) {
            throw new FormatException(file, entry.name() + " of another type", length + " doubles");
        }
        return entry.data().toArray(DOUBLE);
    }

    private static FeatureStatistics store(
            Path file, String identity, FeatureStatistics statistics) {
        int d = statistics.dimension();
        try (var arena = Arena.ofConfined()) {
            MemorySegment mean = arena.allocate((long) d * Double.BYTES, Double.BYTES);
            MemorySegment covariance = arena.allocate((long) d * d * Double.BYTES, Double.BYTES);
            for (int i = 0; i < d; i++) {
                mean.set(DOUBLE, (long) i * Double.BYTES, statistics.mean()[i]);
                for (int j = 0; j < d; j++) {
                    covariance.set(
                            DOUBLE,
                            ((long) i * d + j) * Double.BYTES,
                            statistics.covariance()[i][j]);
                }
            }
            Map<String, TensorEntry> entries = new LinkedHashMap<>();
            entries.put(MEAN, new TensorEntry(MEAN, DType.F64, new long[] {d}, mean));
            entries.put(
                    COVARIANCE,
                    new TensorEntry(COVARIANCE, DType.F64, new long[] {d, d}, covariance));
            SafetensorsFile.write(
                    file,
                    entries,
                    Map.of(COUNT, Long.toString(statistics.count()), IDENTITY, identity));
        }
        return statistics;
    }
}
