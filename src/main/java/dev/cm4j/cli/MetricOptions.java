package dev.cm4j.cli;

import dev.cm4j.PictureEvaluation;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.data.DataConfig;
import dev.cm4j.data.DataSource;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.NpzImages;
import dev.cm4j.data.Split;
import dev.cm4j.loss.Lpips;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.Metric;
import dev.cm4j.metric.Reference;
import dev.cm4j.metric.ReferenceFile;
import dev.cm4j.metric.ReferenceStatistics;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.Vgg16;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What is measured, through whose eyes, and against what. */
final class MetricOptions {

    private static final Set<String> NAMES = Set.of("mnist", "fashion-mnist", "cifar10", "digits");
    private static final Path DOWNLOAD = Path.of("download");
    private static final Path LINEAR = Path.of("lpips", "v0.1", "vgg.pth");

    @Option(
            names = "--metrics",
            paramLabel = "LIST",
            split = ",",
            hideParamSyntax = true,
            description =
                    "fid, sfid, is, pr (precision, recall), kid, lpips (default: the digit score).")
    private List<Metric> metrics = List.of();

    @Option(
            names = "--features",
            paramLabel = "NET",
            converter = FeatureNet.Converter.class,
            description = "inception, lenet or cifar-resnet (default: lenet).")
    private Optional<FeatureNet> features;

    @Option(
            names = "--weights",
            paramLabel = "FILE",
            description =
                    "Weights of --features; for inception pt_inception-2015-12-05, or download"
                            + " (default: looked for beside the data).")
    private Optional<Path> weights;

    @Option(
            names = "--reference",
            paramLabel = "SET",
            description =
                    "Statistics or pictures .npz, folder, mnist or cifar10 (default: the training"
                            + " set of the features).")
    private Optional<String> reference;

    @Option(
            names = "--kept",
            paramLabel = "N",
            defaultValue = "" + PictureEvaluation.KEPT,
            description = "Pictures of each side for pr and kid (default: ${DEFAULT-VALUE}).")
    private int kept;

    @Option(
            names = "--net-precision",
            paramLabel = "P",
            defaultValue = "F32",
            description = "Arithmetic of inception: f32 or bf16 (default: f32).")
    private Precision precision;

    @Option(
            names = "--lpips-vgg",
            paramLabel = "FILE",
            description = "VGG16 state dict with torchvision's names, for lpips.")
    private Optional<Path> backbone;

    @Option(
            names = "--lpips-linear",
            paramLabel = "FILE",
            description = "LPIPS v0.1 layers for VGG16 (default: looked for beside the data).")
    private Optional<Path> linear;

    @Option(
            names = "--seeds",
            paramLabel = "K",
            defaultValue = "1",
            description =
                    "Score a model's pictures of K seeds: mean and 95 % interval (default:"
                            + " ${DEFAULT-VALUE}).")
    private int seeds;

    /** Whether more than the plain digit score is wanted. */
    boolean arePresent() {
        return !metrics.isEmpty()
                || features.isPresent()
                || reference.isPresent()
                || weights.isPresent()
                || seeds != 1;
    }

    /**
     * Complains of what cannot be.
     *
     * @throws ParameterException naming the option
     */
    void check(CommandSpec spec) {
        if (seeds < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--seeds must be 1 or more, not " + seeds);
        }
        if (kept < 2) {
            throw new ParameterException(
                    spec.commandLine(), "--kept must be 2 or more, not " + kept);
        }
        if (metrics.contains(Metric.SFID) && net() != FeatureNet.INCEPTION) {
            throw new ParameterException(
                    spec.commandLine(), "--metrics sfid needs --features inception");
        }
        if (metrics.contains(Metric.LPIPS) && backbone.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "--metrics lpips needs --lpips-vgg");
        }
    }

    int seeds() {
        return seeds;
    }

    Set<Metric> metrics() {
        return metrics.isEmpty() ? Set.of(Metric.FID) : new TreeSet<>(metrics);
    }

    int kept() {
        return kept;
    }

    private Path usual(CommandSpec spec) {
        return net().usualWeights()
                .map(JudgeOptions::inData)
                .orElseThrow(() ->
                        new ParameterException(
                                spec.commandLine(),
                                "--features inception needs --weights: the file"
                                        + " pt_inception-2015-12-05, or download"));
    }

    /** Opens the network, the caller's to close. */
    FeatureExtractor extractor(CommandSpec spec) {
        Path file = weights.orElseGet(() -> usual(spec));
        if (net() == FeatureNet.INCEPTION && file.equals(DOWNLOAD)) {
            file = DataSource.inceptionWeights(DataConfig.defaults().withDownload(true));
        }
        requireThere(spec, file, "--weights");
        return net().open(file, precision);
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
        requireThere(spec, layers, "--lpips-linear");
        requireThere(spec, backbone.orElseThrow(), "--lpips-vgg");
        return new Diversity(
                Optional.of(Lpips.open(backbone.orElseThrow(), layers, Vgg16.Pooling.MAX)));
    }

    /** What the reference is called. */
    String referenceName(CommandSpec spec) {
        return reference
                .or(() -> net().usualReference())
                .orElseThrow(() ->
                        new ParameterException(
                                spec.commandLine(),
                                "--features inception needs --reference: statistics, pictures or"
                                        + " a data set"));
    }

    /** Opens what to compare with, from the cache where it was computed before. */
    Optional<Reference> reference(CommandSpec spec, FeatureExtractor extractor) {
        if (metrics().stream().noneMatch(Metric::needsReference)) {
            return Optional.empty();
        }
        String name = referenceName(spec);
        boolean single = metrics().stream().anyMatch(Metric::needsFeatures);
        var wishes = new Reference.Wishes(metrics().contains(Metric.SFID), single ? kept : 0);
        Path path = Path.of(name);
        if (!NAMES.contains(name)) {
            requireThere(spec, path, "--reference");
        }
        if (name.endsWith(".npz") && ReferenceFile.hasStatistics(path)) {
            return Optional.of(statistics(spec, path, extractor, wishes));
        }
        try (Dataset pictures = pictures(name)) {
            return Optional.of(seen(spec, pictures, name, extractor, wishes));
        }
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
            Reference own = seen(spec, pictures, path.toString(), extractor, alone);
            return new Reference(known.pool(), known.spatial(), own.features());
        }
    }

    private static Reference seen(
            CommandSpec spec,
            Dataset pictures,
            String name,
            FeatureExtractor extractor,
            Reference.Wishes wishes) {
        String print =
                name.endsWith(".npz") ? FileDigest.sha256(Path.of(name)) : pictures.fingerprint();
        Path cache = DataConfig.defaults().cache();
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
                                    print,
                                    extractor,
                                    wishes,
                                    cache,
                                    done -> progress.at(done, "")));
        }
    }

    private static Dataset pictures(String name) {
        if (NAMES.contains(name)) {
            return DataSource.open(name, DataConfig.defaults().withSplit(Split.TRAIN));
        }
        return PictureSource.open(Path.of(name), Split.TRAIN, false);
    }

    private FeatureNet net() {
        return features.orElse(FeatureNet.LENET);
    }

    private static void requireThere(CommandSpec spec, Path path, String option) {
        if (!Files.exists(path)) {
            throw new ParameterException(
                    spec.commandLine(), path + " does not exist; give " + option);
        }
    }
}
