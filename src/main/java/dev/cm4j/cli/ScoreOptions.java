package dev.cm4j.cli;

import dev.cm4j.PictureEvaluation;
import dev.cm4j.data.DataConfig;
import dev.cm4j.data.Dataset;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.FeatureNet;
import dev.cm4j.metric.Metric;
import dev.cm4j.metric.Reference;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Preset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Whether and how a run is scored while it goes on. */
final class ScoreOptions {

    private static final int LEAST = 2;
    private static final List<String> DETAILS =
            List.of(
                    "--eval-num",
                    "--eval-metrics",
                    "--eval-features",
                    "--eval-weights",
                    "--eval-reference",
                    "--keep-best");

    @Option(
            names = "--eval-every",
            paramLabel = "M",
            converter = Pace.Converter.class,
            description =
                    "Minutes between scores, or steps as 500steps; the best model is kept"
                            + " (default: no scores).")
    private Optional<Pace> every;

    @Option(
            names = "--eval-num",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Pictures of a score (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--eval-metrics",
            paramLabel = "LIST",
            split = ",",
            hideParamSyntax = true,
            description =
                    "fid, sfid, is, pr, kid; the first distance among them ranks (default: fid).")
    private List<Metric> metrics = List.of();

    @Option(
            names = "--eval-features",
            paramLabel = "NET",
            converter = FeatureNetConverter.class,
            description =
                    "inception, lenet or cifar-resnet (default: lenet for grey digits, cifar-resnet"
                            + " for 32x32 colours).")
    private Optional<FeatureNet> features;

    @Option(
            names = {"--eval-weights", "--classifier"},
            paramLabel = "FILE",
            description =
                    "Weights of that network; for inception pt_inception-2015-12-05, or download"
                            + " (default: with the data).")
    private Optional<Path> weights;

    @Option(
            names = "--eval-reference",
            paramLabel = "SET",
            description =
                    "Statistics or pictures .npz, folder or data set to compare with (default: the"
                            + " run's own data, MNIST for lenet).")
    private Optional<String> reference;

    @Option(
            names = "--keep-best",
            paramLabel = "N",
            defaultValue = "1",
            description = "Models of the best scores that stay (default: ${DEFAULT-VALUE}).")
    private int best;

    /**
     * Refuses what says how to score where nothing is scored.
     *
     * @throws ParameterException naming the option
     */
    void check(CommandSpec spec) {
        for (String name : DETAILS) {
            if (every.isEmpty() && IdleOptions.isGiven(spec, name)) {
                throw new ParameterException(
                        spec.commandLine(),
                        name + " says how a run is scored; say how often with --eval-every");
            }
        }
    }

    /** How often, empty where the run is not scored. */
    Optional<Pace> every() {
        return every;
    }

    /** Pictures of a score. */
    int count() {
        return count;
    }

    /** Models that stay. */
    int best() {
        return best;
    }

    /**
     * What scores a run, where it is to be scored.
     *
     * @param evaluation with an open network, or empty
     */
    record Judge(Optional<PictureEvaluation> evaluation) implements AutoCloseable {

        @Override
        public void close() {
            evaluation.ifPresent(open -> open.extractor().close());
        }
    }

    /**
     * Opens the judge of a run that is to be scored; its reference is computed once and cached.
     *
     * @param spec the command, for a complaint and for progress
     * @param preset what is learnt
     * @param learnt the run's own data, borrowed
     * @param dataDir folder that holds the data sets, where it was named
     * @return the judge, the caller's to close
     * @throws ParameterException if nothing can judge such pictures, or a file is missing
     */
    Judge judge(CommandSpec spec, Preset preset, Dataset learnt, Optional<Path> dataDir) {
        if (every.isEmpty()) {
            return new Judge(Optional.empty());
        }
        if (count < LEAST || best < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "a score takes --eval-num %d and --keep-best 1 at least, not %d and %d"
                            .formatted(LEAST, count, best));
        }
        MetricChoice choice = choice(spec, preset, dataDir);
        FeatureExtractor extractor = choice.extractor(spec);
        try {
            Optional<Reference> known =
                    choice.reference().isPresent() || choice.net() == FeatureNet.LENET
                            ? choice.reference(spec, extractor)
                            : choice.reference(spec, extractor, learnt);
            return new Judge(
                    Optional.of(
                            new PictureEvaluation(
                                    extractor,
                                    choice.metrics(),
                                    choice.kept(),
                                    known,
                                    Optional.empty())));
        } catch (RuntimeException e) {
            extractor.close();
            throw e;
        }
    }

    private MetricChoice choice(CommandSpec spec, Preset preset, Optional<Path> dataDir) {
        FeatureNet net = net(spec, preset);
        Set<Metric> wanted = metrics.isEmpty() ? Set.of(Metric.FID) : new TreeSet<>(metrics);
        if (wanted.contains(Metric.LPIPS) || wanted.stream().noneMatch(Metric::isDistance)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--eval-metrics takes fid, sfid, is, pr and kid, with a distance among them to"
                            + " rank models by, not "
                            + wanted.toString().toLowerCase(Locale.ROOT));
        }
        Optional<Path> file = weights.or(() -> net.usualWeights().map(usual -> in(dataDir, usual)));
        DataConfig usual = DataConfig.defaults();
        DataConfig data = dataDir.map(usual::withFolderFirst).orElse(usual);
        var choice =
                new MetricChoice(
                        "--eval-",
                        wanted,
                        net,
                        file,
                        reference,
                        PictureEvaluation.KEPT,
                        Precision.F32,
                        Optional.empty(),
                        Optional.empty(),
                        data);
        choice.check(spec);
        return choice;
    }

    private FeatureNet net(CommandSpec spec, Preset preset) {
        int channels = preset.data().channels();
        int height = preset.data().height();
        int width = preset.data().width();
        List<FeatureNet> able =
                Stream.of(FeatureNet.LENET, FeatureNet.CIFAR_RESNET)
                        .filter(net -> net.sees(channels, height, width))
                        .toList();
        FeatureNet net =
                features.orElseGet(() -> able.isEmpty() ? FeatureNet.LENET : able.getFirst());
        if (!net.sees(channels, height, width)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "preset %s makes pictures of %dx%dx%d: lenet judges grey digits of 28x28 pixels,"
                                    .formatted(preset.name(), channels, height, width)
                            + " cifar-resnet colours of 32x32, --eval-features inception any");
        }
        return net;
    }

    private static Path in(Optional<Path> dataDir, Path name) {
        return dataDir.map(folder -> folder.resolve(name))
                .filter(Files::exists)
                .orElseGet(() -> JudgeOptions.inData(name));
    }
}
