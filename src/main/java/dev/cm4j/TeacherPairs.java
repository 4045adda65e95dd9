package dev.cm4j;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.loss.Pairs;
import dev.cm4j.model.Denoiser;
import dev.cm4j.preset.PairsConfig;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.HeunSampler;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.Streams;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.train.TeacherMark;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Pairs of noise and picture in a folder: files of {@value #FILE_PAIRS} pictures each, made where
 * they are missing and mapped into memory.
 *
 * <pre>
 *   pairs-00000000.safetensors   pictures [n, C, H, W] float32; who made them, how, and their hash
 *   pairs-00000256.safetensors   …
 * </pre>
 *
 * <p>Each file appears whole or not at all, so work that was interrupted goes on with the file in
 * hand. Noise and classes are not stored: z of pair i follows from (seed, i), its class is i modulo
 * the number of classes.
 */
final class TeacherPairs implements Pairs, AutoCloseable {

    static final int FILE_PAIRS = 256;

    /** Pictures of one pass of the sampler; a part of the result, as sums depend on it. */
    private static final int BATCH = 32;

    private static final String PICTURES = "pictures";
    private static final String HASH = "cm4j.pairs.sha256";

    private final int count;
    private final int classes;
    private final long seed;
    private final long[] picture; // C, H, W
    private final List<SafetensorsFile> files = new ArrayList<>();
    private final List<FloatBuffer> values = new ArrayList<>();

    private TeacherPairs(int count, int classes, long seed, long... picture) {
        this.count = count;
        this.classes = classes;
        this.seed = seed;
        this.picture = picture.clone();
    }

    /**
     * Opens a folder of pairs, and makes what is missing there.
     *
     * @param folder made where absent
     * @param teacher who makes them
     * @param config how many and how
     * @param runSeed seed of the run
     * @param notices is told about files that are made or damaged
     * @return the pairs, the caller's to close
     * @throws IllegalArgumentException if the folder holds pairs made by another teacher or in
     *     another way
     */
    static TeacherPairs open(
            Path folder,
            Teacher teacher,
            PairsConfig config,
            long runSeed,
            Consumer<String> notices) {
        var network = teacher.card().network();
        var pairs =
                new TeacherPairs(
                        config.count(),
                        network.classes() == 0 ? 0 : teacher.card().classes(),
                        new Streams(runSeed).pairs(),
                        network.inChannels(),
                        network.imageSize(),
                        network.imageSize());
        try {
            Files.createDirectories(folder);
            Denoiser model = teacher.denoiser(config.guidance());
            for (int first = 0; first < config.count(); first += FILE_PAIRS) {
                Path file =
                        folder.resolve(String.format(Locale.ROOT, "pairs-%08d.safetensors", first));
                Map<String, String> facts = pairs.facts(teacher.mark(), config, first);
                if (!whole(file, facts, notices)) {
                    pairs.make(file, facts, model, config, first);
                    notices.accept(
                            String.format(
                                    Locale.ROOT,
                                    "pairs %,d of %,d",
                                    Math.min(first + FILE_PAIRS, config.count()),
                                    config.count()));
                }
                pairs.map(file);
            }
            return pairs;
        } catch (IOException e) {
            pairs.close();
            throw new UncheckedIOException("cannot make the folder of pairs " + folder, e);
        } catch (RuntimeException e) {
            pairs.close();
            throw e;
        }
    }

    private Map<String, String> facts(TeacherMark teacher, PairsConfig config, int first) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("cm4j.pairs", "1");
        facts.put("cm4j.pairs.teacher", teacher.sha256());
        facts.put("cm4j.pairs.seed", Long.toString(seed));
        facts.put("cm4j.pairs.first", Integer.toString(first));
        facts.put("cm4j.pairs.count", Integer.toString(Math.min(FILE_PAIRS, count - first)));
        facts.put(
                "cm4j.pairs.sampler",
                String.format(
                        Locale.ROOT,
                        "heun %d, guidance %s, %s",
                        config.samplerSteps(),
                        config.guidance().map(String::valueOf).orElse("none"),
                        config.range()));
        return facts;
    }

    /** Whether a file is there and as it was written; pairs of something else are refused. */
    private static boolean whole(Path file, Map<String, String> facts, Consumer<String> notices) {
        if (!Files.exists(file)) {
            return false;
        }
        try (SafetensorsFile open = SafetensorsFile.open(file)) {
            Map<String, String> found = new LinkedHashMap<>(open.metadata());
            String hash = found.getOrDefault(HASH, "");
            found.keySet().retainAll(facts.keySet()); // a writer may have more to say
            if (!found.equals(facts)) {
                throw new IllegalArgumentException(
                        "%s holds other pairs: %s; delete the folder or take a new run"
                                .formatted(file, difference(found, facts)));
            }
            if (sha256(open.entry(PICTURES)).equals(hash)) {
                return true;
            }
            notices.accept(file + " is damaged; it is made again");
        } catch (FormatException e) {
            notices.accept(e.getMessage() + "; it is made again");
        }
        return false;
    }

    private static String difference(Map<String, String> found, Map<String, String> facts) {
        return facts.entrySet().stream()
                .filter(fact -> !fact.getValue().equals(found.get(fact.getKey())))
                .map(fact ->
                        "%s is %s there, %s here"
                                .formatted(
                                        fact.getKey(),
                                        found.getOrDefault(fact.getKey(), "nothing"),
                                        fact.getValue()))
                .collect(Collectors.joining(", "));
    }

    private void make(
            Path file, Map<String, String> facts, Denoiser model, PairsConfig config, int first) {
        var sampler = new HeunSampler(config.samplerSteps(), config.range(), ChurnConfig.NONE);
        int size = Math.min(FILE_PAIRS, count - first);
        try (Scope _ = Scope.open()) {
            Tensor all = Tensor.zeros(DType.F32, size, picture[0], picture[1], picture[2]);
            for (int start = 0; start < size; start += BATCH) {
                try (Scope _ = Scope.open()) {
                    int part = Math.min(BATCH, size - start);
                    long[] numbers =
                            LongStream.range(first + start, (long) first + start + part).toArray();
                    var noise = new PerImageNoise(seed, numbers).on(model.device());
                    var request =
                            SampleRequest.of(noise, part, picture[0], picture[1], picture[2])
                                    .withLabels(labels(numbers).map(l -> l.to(model.device())));
                    all.narrow(0, start, part)
                            .assign(sampler.sample(model, request).to(Device.CPU));
                }
            }
            var entry = new TensorEntry(PICTURES, DType.F32, all.shape(), all.asSegment());
            Map<String, String> metadata = new LinkedHashMap<>(facts);
            metadata.put(HASH, sha256(entry));
            SafetensorsFile.write(file, Map.of(PICTURES, entry), metadata);
        }
    }

    private static String sha256(TensorEntry entry) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(entry.data().asByteBuffer());
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java knows no SHA-256", e);
        }
    }

    private void map(Path file) {
        SafetensorsFile open = SafetensorsFile.open(file);
        files.add(open);
        values.add(
                open.entry(PICTURES)
                        .data()
                        .asByteBuffer()
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asFloatBuffer());
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public Tensor noise(long[] numbers) {
        return Noise.normal(seed, numbers, 0, picture); // the sampler's first draw
    }

    @Override
    public Tensor pictures(long[] numbers) {
        int size = Math.toIntExact(picture[0] * picture[1] * picture[2]);
        float[] gathered = new float[numbers.length * size];
        for (int n = 0; n < numbers.length; n++) {
            int at = Math.toIntExact(numbers[n] % FILE_PAIRS) * size;
            values.get(Math.toIntExact(numbers[n] / FILE_PAIRS)).get(at, gathered, n * size, size);
        }
        return Tensor.of(gathered, numbers.length, picture[0], picture[1], picture[2]);
    }

    @Override
    public Optional<Tensor> labels(long[] numbers) {
        return classes == 0
                ? Optional.empty()
                : Optional.of(
                        Tensor.of(
                                LongStream.of(numbers).map(n -> n % classes).toArray(),
                                numbers.length));
    }

    /** Unmaps the files. */
    @Override
    public void close() {
        values.clear();
        files.forEach(SafetensorsFile::close);
        files.clear();
    }
}
