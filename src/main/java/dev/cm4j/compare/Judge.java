package dev.cm4j.compare;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.data.DataConfig;
import dev.cm4j.data.DataSource;
import dev.cm4j.data.Dataset;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.FeatureNet;
import dev.cm4j.metric.Metric;
import dev.cm4j.metric.PictureScorer;
import dev.cm4j.metric.Reference;
import dev.cm4j.metric.ReferenceFile;
import dev.cm4j.metric.ReferenceStatistics;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who judges the pictures beside a data set: a network and reference statistics, which are computed
 * when first needed and kept in the cache.
 */
final class Judge implements AutoCloseable {

    private static final int HASH_DIGITS = 12;
    private static final String DOWNLOAD = "download";

    private final DatasetConfig config;
    private final Workplace place;
    private final String source;
    private final String print;
    private final FeatureExtractor extractor;
    private Optional<Reference> reference = Optional.empty();

    private Judge(
            DatasetConfig config,
            Workplace place,
            String source,
            String print,
            FeatureExtractor extractor) {
        this.config = config;
        this.place = place;
        this.source = source;
        this.print = print;
        this.extractor = extractor;
    }

    /**
     * Opens the network and looks for the reference.
     *
     * @throws UncheckedIOException if a file is missing, saying which
     */
    static Judge open(DatasetConfig config, Workplace place) {
        String source = place.place(config.reference().orElse(config.data()));
        int channels = config.channels().orElse(3);
        String print;
        if (isStatistics(source)) {
            print = FileDigest.sha256(Path.of(source));
        } else {
            try (Dataset pictures = pictures(config, place, source)) {
                print = pictures.fingerprint();
                channels = pictures.channels();
            }
        }
        return new Judge(
                config,
                place,
                source,
                print,
                config.metric().open(weights(config, place), channels));
    }

    /**
     * Refuses what cannot work, before anything is trained.
     *
     * @throws UncheckedIOException if a file is missing, saying which
     */
    static void check(DatasetConfig config, Workplace place) {
        weights(config, place);
        String source = place.place(config.reference().orElse(config.data()));
        if (!isStatistics(source)) {
            DataSource.probe(source, form(config, place));
        }
    }

    private static boolean isStatistics(String source) {
        return source.endsWith(".npz")
                && Files.exists(Path.of(source))
                && ReferenceFile.hasStatistics(Path.of(source));
    }

    private static Dataset pictures(DatasetConfig config, Workplace place, String source) {
        return DataSource.open(source, form(config, place));
    }

    private static DataConfig form(DatasetConfig config, Workplace place) {
        DataConfig form = place.data();
        if (config.size().isPresent()) {
            form = form.withSize(config.size().get());
        }
        if (config.channels().isPresent()) {
            form = form.withChannels(config.channels().get());
        }
        return form;
    }

    /**
     * Where the network's weights lie.
     *
     * @return empty for a judge without any
     * @throws UncheckedIOException naming the missing file
     */
    static Optional<Path> weights(DatasetConfig config, Workplace place) {
        Optional<FeatureNet> net = config.metric().net();
        if (net.isEmpty()) {
            return Optional.empty();
        }
        boolean download = config.weights().equals(Optional.of(DOWNLOAD));
        boolean named = config.weights().isPresent() && !download;
        Optional<Path> usual = net.get().usualWeights();
        if (usual.isEmpty() && !named) {
            return Optional.of(DataSource.inceptionWeights(place.data().withDownload(download)));
        }
        Path file =
                named
                        ? Path.of(place.place(config.weights().get()))
                        : place.inData(usual.orElseThrow()).orElseGet(usual::orElseThrow);
        if (!Files.exists(file)) {
            throw new UncheckedIOException(
                    "dataset %s: %s, the weights of its judge, does not exist; set CM4J_DATA or name them with weights"
                            .formatted(config.name(), file),
                    new NoSuchFileException(file.toString()));
        }
        return Optional.of(file);
    }

    /** An empty score. */
    PictureScorer scorer() {
        return new PictureScorer(extractor, Set.of(Metric.FID), 2, Optional.empty());
    }

    /** The distance of all pictures that a scorer has seen. */
    double distance(PictureScorer scorer) {
        return scorer.score(Optional.of(reference())).values().getFirst().value();
    }

    private Reference reference() {
        if (reference.isEmpty()) {
            reference = Optional.of(compute());
        }
        return reference.get();
    }

    private Reference compute() {
        if (isStatistics(source)) {
            return ReferenceFile.read(Path.of(source), extractor.features());
        }
        place.notices().accept("reference of " + config.name() + ": " + words());
        try (Dataset pictures = pictures(config, place, source)) {
            return ReferenceStatistics.of(
                    pictures,
                    print,
                    extractor,
                    Reference.Wishes.STATISTICS,
                    place.data().cache(),
                    _ -> {});
        }
    }

    /** Name of the number. */
    String metric() {
        return extractor.distanceName();
    }

    /** Whose features, for the protocol. */
    String protocol() {
        String[] identity = extractor.identity().split(" ");
        String last = identity[identity.length - 1];
        boolean hashed = last.matches("[0-9a-f]{64}");
        return extractor.protocol() + (hashed ? ", weights " + last.substring(0, HASH_DIGITS) : "");
    }

    /** Compared with what, for the protocol. */
    String words() {
        String name = Path.of(source).getFileName().toString();
        return String.format(
                Locale.ROOT,
                "%s, %s, hash %s",
                name,
                isStatistics(source) ? "statistics" : "training pictures",
                print.substring(0, Math.min(HASH_DIGITS, print.length())));
    }

    /** Everything that decides a number beside the pictures. */
    String key() {
        return metric() + " " + extractor.identity() + " " + print;
    }

    @Override
    public void close() {
        extractor.close();
    }
}
