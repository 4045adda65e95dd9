package dev.cm4j.metric;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reference statistics in a NumPy file.
 *
 * <pre>
 *   mu [d], sigma [d, d]       of the pool features: guided-diffusion, EDM and cm4j
 *   mu_s [s], sigma_s [s, s]   of the spatial features, where there are any
 *   n [1] i64                  number of pictures, cm4j
 *   features [k, d] f32        some of the features, cm4j
 *   meta u8                    which data and which network, cm4j
 *   arr_0                      pictures, guided-diffusion; read as a data set
 * </pre>
 */
public final class ReferenceFile {

    private static final String MEAN = "mu";
    private static final String COVARIANCE = "sigma";
    private static final String SPATIAL = "_s";
    private static final String COUNT = "n";
    private static final String FEATURES = "features";
    private static final String META = "meta";
    private static final List<String> PICTURES = List.of("arr_0", "samples");

    private static final long LONGEST_META = 1 << 20;
    private static final long LONGEST_ARRAY = Integer.MAX_VALUE - 8;

    private ReferenceFile() {}

    /**
     * Whether a NumPy file holds statistics, not pictures alone.
     *
     * @param file an {@code .npz} file
     * @return whether there is an array {@code mu}
     */
    public static boolean hasStatistics(Path file) {
        try (var npz = NpzFile.open(file)) {
            return npz.names().contains(MEAN);
        }
    }

    /**
     * Whether a NumPy file holds pictures.
     *
     * @param file an {@code .npz} file
     * @return whether there is an array {@code arr_0} or {@code samples}
     */
    public static boolean hasPictures(Path file) {
        try (var npz = NpzFile.open(file)) {
            return PICTURES.stream().anyMatch(npz.names()::contains);
        }
    }

    /**
     * Reads statistics.
     *
     * @param file an {@code .npz} file of guided-diffusion, EDM or cm4j
     * @param dimension length of the features they must be of
     * @return the statistics; without features unless cm4j wrote them
     * @throws FormatException if an array is missing or of another shape
     */
    public static Reference read(Path file, int dimension) {
        try (var npz = NpzFile.open(file)) {
            List<String> names = npz.names();
            if (!names.contains(MEAN) || !names.contains(COVARIANCE)) {
                throw new FormatException(file, "the arrays " + names, "the arrays mu and sigma");
            }
            long count = names.contains(COUNT) ? (long) values(file, npz.entry(COUNT), 1)[0] : 0;
            long known = npz.entry(MEAN).elementCount();
            if (known != dimension) {
                throw new FormatException(
                        file,
                        "statistics of " + known + " features",
                        dimension + " features, as the chosen extractor has");
            }
            FeatureStatistics pool = statistics(file, npz, "", count);
            Optional<FeatureStatistics> spatial =
                    names.contains(MEAN + SPATIAL)
                            ? Optional.of(statistics(file, npz, SPATIAL, count))
                            : Optional.empty();
            return new Reference(pool, spatial, features(file, npz, dimension));
        }
    }

    /**
     * Which data and which network a file that cm4j wrote belongs to.
     *
     * @param file an {@code .npz} file
     * @return what {@link #write} was given, or nothing
     */
    static Optional<String> identity(Path file) {
        try (var npz = NpzFile.open(file)) {
            if (!npz.names().contains(META)) {
                return Optional.empty();
            }
            MemorySegment meta = npz.entry(META).data();
            if (meta.byteSize() > LONGEST_META) {
                throw new FormatException(
                        file,
                        META + " of " + meta.byteSize() + " bytes",
                        "at most " + LONGEST_META);
            }
            byte[] bytes = meta.toArray(ValueLayout.JAVA_BYTE);
            return Optional.of(new String(bytes, StandardCharsets.UTF_8));
        }
    }

    /**
     * Writes a reference; the file appears whole or not at all.
     *
     * @param file the {@code .npz} file, replaced if it exists
     * @param reference what to write
     * @param identity which data and which network it belongs to
     */
    public static void write(Path file, Reference reference, String identity) {
        try (var _ = Scope.open()) {
            Map<String, TensorEntry> arrays = new LinkedHashMap<>();
            put(arrays, "", reference.pool());
            reference.spatial().ifPresent(spatial -> put(arrays, SPATIAL, spatial));
            put(arrays, COUNT, Tensor.of(new long[] {reference.pool().count()}));
            if (reference.kept() > 0) {
                long d = reference.pool().dimension();
                put(arrays, FEATURES, Tensor.of(reference.features(), reference.kept(), d));
            }
            put(arrays, META, Tensor.of(identity.getBytes(StandardCharsets.UTF_8)));
            NpzFile.write(file, arrays);
        }
    }

    private static void put(
            Map<String, TensorEntry> arrays, String suffix, FeatureStatistics statistics) {
        int d = statistics.dimension();
        double[] flat = new double[d * d];
        for (int i = 0; i < d; i++) {
            System.arraycopy(statistics.covariance()[i], 0, flat, i * d, d);
        }
        put(arrays, MEAN + suffix, Tensor.of(statistics.mean()));
        put(arrays, COVARIANCE + suffix, Tensor.of(flat, d, d));
    }

    private static void put(Map<String, TensorEntry> arrays, String name, Tensor tensor) {
        arrays.put(name, new TensorEntry(name, tensor.dtype(), tensor.shape(), tensor.asSegment()));
    }

    private static FeatureStatistics statistics(Path file, NpzFile npz, String suffix, long count) {
        TensorEntry mean = npz.entry(MEAN + suffix);
        requireArray(file, mean);
        int d = (int) mean.elementCount();
        double[] flat = values(file, npz.entry(COVARIANCE + suffix), d, d);
        double[][] covariance = new double[d][];
        for (int i = 0; i < d; i++) {
            covariance[i] = Arrays.copyOfRange(flat, i * d, (i + 1) * d);
        }
        return new FeatureStatistics(count, values(file, mean, d), covariance);
    }

    private static float[] features(Path file, NpzFile npz, int dimension) {
        if (!npz.names().contains(FEATURES)) {
            return new float[0];
        }
        TensorEntry entry = npz.entry(FEATURES);
        long[] shape = entry.shape();
        if (entry.dtype() != DType.F32 || shape.length != 2 || shape[1] != dimension) {
            throw new FormatException(
                    file, entry.toString(), "features [k, " + dimension + "] F32");
        }
        requireArray(file, entry);
        return entry.data().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
    }

    /** Numbers that are taken into a Java array must fit into one. */
    private static void requireArray(Path file, TensorEntry entry) {
        if (entry.elementCount() > LONGEST_ARRAY) {
            throw new FormatException(
                    file,
                    "%s of %d numbers".formatted(entry.name(), entry.elementCount()),
                    "at most " + LONGEST_ARRAY);
        }
    }

    private static double[] values(Path file, TensorEntry entry, long... shape) {
        boolean number =
                entry.dtype() == DType.F64
                        || entry.dtype() == DType.F32
                        || entry.dtype() == DType.I64;
        long[] found = entry.shape();
        boolean scalar = found.length == 0 && shape.length == 1 && shape[0] == 1;
        if (!number || !(scalar || Arrays.equals(found, shape))) {
            throw new FormatException(
                    file, entry.toString(), entry.name() + " of shape " + Arrays.toString(shape));
        }
        requireArray(file, entry);
        try (var _ = Scope.open()) {
            MemorySegment data = entry.data();
            return Tensor.copyOf(data, entry.dtype(), shape).toDoubles();
        }
    }
}
