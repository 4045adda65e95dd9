package dev.cm4j.cli;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.data.DataConfig;
import dev.cm4j.data.DataSource;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.NpzImages;
import dev.cm4j.data.Split;
import dev.cm4j.loss.Lpips;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.FeatureNet;
import dev.cm4j.metric.Metric;
import dev.cm4j.metric.Reference;
import dev.cm4j.metric.ReferenceFile;
import dev.cm4j.metric.ReferenceStatistics;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.Vgg16;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * What is measured, through whose eyes, and against what; opens what that takes.
 *
 * @param prefix what the names of the options begin with, for complaints
 * @param metrics at least one
 * @param net whose features
 * @param weights of the network; empty: looked for beside the data
 * @param reference statistics, pictures or a data set; empty: what the network learnt from
 * @param kept pictures of each side for precision, recall and KID
 * @param precision of Inception
 * @param backbone VGG16 for LPIPS
 * @param linear the layers of LPIPS; empty: looked for beside the data
 * @param data where data sets lie
 */
record MetricChoice(
        String prefix,
        Set<Metric> metrics,
        FeatureNet net,
        Optional<Path> weights,
        Optional<String> reference,
        int kept,
        Precision precision,
        Optional<Path> backbone,
        Optional<Path> linear,
        DataConfig data) {

    private static final Path DOWNLOAD = Path.of("download");
    private static final Path LINEAR = Path.of("lpips", "v0.1", "vgg.pth");

    /**
     * Complains of what cannot be.
     *
     * @throws ParameterException naming the option
     */
    void check(CommandSpec spec) {
        if (metrics.contains(Metric.SFID) && net != FeatureNet.INCEPTION) {
            throw new ParameterException(
                    spec.commandLine(),
                    "%smetrics sfid needs %sfeatures inception".formatted(prefix, prefix));
        }
        if (metrics.contains(Metric.LPIPS) && backbone.isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "%smetrics lpips needs %slpips-vgg".formatted(prefix, prefix));
        }
    }

    /** Opens the network, the caller's to close. */
    FeatureExtractor extractor(CommandSpec spec) {
        Path file = weights.orElseGet(() -> usual(spec));
        if (net == FeatureNet.INCEPTION && file.equals(DOWNLOAD)) {
            file = DataSource.inceptionWeights(data.withDownload(true));
        }
        requireThere(spec, file, "weights");
        return net.open(file, precision);
    }

    private Path usual(CommandSpec spec) {
        return net.usualWeights()
                .map(JudgeOptions::inData)
                .orElseThrow(() ->
                        new ParameterException(
                                spec.commandLine(),
                                "%sfeatures inception needs %sweights: the file"
                                                .formatted(prefix, prefix)
                                        + " pt_inception-2015-12-05, or download"));
    }

    /**
     * LPIPS, where it is wanted.
     *
     * @param distance open, or empty
     */
    record Diversity(Optional<Lpips> distance) implements AutoCloseable {

        @Override
        public void close() {
            distance.ifPresent(Lpips::close);
        }
    }

    /** Opens LPIPS where it is wanted, the caller's to close. */
    Diversity distance(CommandSpec spec) {
        if (!metrics.contains(Metric.LPIPS)) {
            return new Diversity(Optional.empty());
        }
        Path layers = linear.orElseGet(() -> JudgeOptions.inData(LINEAR));
        requireThere(spec, layers, "lpips-linear");
        requireThere(spec, backbone.orElseThrow(), "lpips-vgg");
        return new Diversity(
                Optional.of(Lpips.open(backbone.orElseThrow(), layers, Vgg16.Pooling.MAX)));
    }

    /** What the reference is called. */
    String referenceName(CommandSpec spec) {
        return reference
                .or(() -> net.usualReference())
                .orElseThrow(() ->
                        new ParameterException(
                                spec.commandLine(),
                                "%sfeatures inception needs %sreference: statistics, pictures or a data set"
                                        .formatted(prefix, prefix)));
    }

    /** Opens what to compare with, from the cache where it was computed before. */
    Optional<Reference> reference(CommandSpec spec, FeatureExtractor extractor) {
        if (metrics.stream().noneMatch(Metric::needsReference)) {
            return Optional.empty();
        }
        String name = referenceName(spec);
        Reference.Wishes wishes = wishes();
        Path path = Path.of(name);
        if (!DataSource.isName(name)) {
            requireThere(spec, path, "reference");
        }
        if (name.endsWith(".npz") && ReferenceFile.hasStatistics(path)) {
            return Optional.of(statistics(spec, path, extractor, wishes));
        }
        try (Dataset pictures = pictures(name)) {
            pictures.notices().forEach(spec.commandLine().getErr()::println);
            return Optional.of(
                    seen(spec, pictures, fingerprint(pictures, name), extractor, wishes));
        }
    }

    /** What to compare with where that is a data set already open; cached likewise. */
    Optional<Reference> reference(CommandSpec spec, FeatureExtractor extractor, Dataset pictures) {
        if (metrics.stream().noneMatch(Metric::needsReference)) {
            return Optional.empty();
        }
        return Optional.of(seen(spec, pictures, pictures.fingerprint(), extractor, wishes()));
    }

    private Reference.Wishes wishes() {
        boolean single = metrics.stream().anyMatch(Metric::needsFeatures);
        return new Reference.Wishes(metrics.contains(Metric.SFID), single ? kept : 0);
    }

    /** A file's own statistics, and of its pictures only single features. */
    private Reference statistics(
            CommandSpec spec, Path path, FeatureExtractor extractor, Reference.Wishes wishes) {
        Reference known = ReferenceFile.read(path, extractor.features());
        if (wishes.kept() == 0 || known.kept() > 0) {
            return known;
        }
        if (!ReferenceFile.hasPictures(path)) {
            throw new ParameterException(
                    spec.commandLine(),
                    path + " has no pictures arr_0, which the metrics pr and kid need");
        }
        try (Dataset pictures = NpzImages.open(path)) {
            var alone = new Reference.Wishes(false, wishes.kept());
            Reference own = seen(spec, pictures, FileDigest.sha256(path), extractor, alone);
            return new Reference(known.pool(), known.spatial(), own.features());
        }
    }

    private Reference seen(
            CommandSpec spec,
            Dataset pictures,
            String fingerprint,
            FeatureExtractor extractor,
            Reference.Wishes wishes) {
        Path cache = data.cache();
        try (var progress =
                ProgressLine.open(
                        spec.commandLine().getErr(),
                        Main.terminal(spec),
                        "reference",
                        pictures.size(),
                        "")) {
            return Usage.check(
                    spec,
                    () ->
                            ReferenceStatistics.of(
                                    pictures,
                                    fingerprint,
                                    extractor,
                                    wishes,
                                    cache,
                                    done -> progress.at(done, "")));
        }
    }

    private static String fingerprint(Dataset pictures, String name) {
        return name.endsWith(".npz") ? FileDigest.sha256(Path.of(name)) : pictures.fingerprint();
    }

    private Dataset pictures(String name) {
        if (DataSource.isName(name)) {
            return DataSource.open(name, data.withSplit(Split.TRAIN));
        }
        return PictureSource.open(Path.of(name), Split.TRAIN, false);
    }

    private void requireThere(CommandSpec spec, Path path, String option) {
        if (!Files.exists(path)) {
            throw new ParameterException(
                    spec.commandLine(), path + " does not exist; give " + prefix + option);
        }
    }
}
