package dev.cm4j.cli;

import dev.cm4j.PictureEvaluation;
import dev.cm4j.data.DataConfig;
import dev.cm4j.metric.FeatureNet;
import dev.cm4j.metric.Metric;
import dev.cm4j.nn.Precision;
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
            converter = FeatureNetConverter.class,
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
                    "Score a model's pictures of K seeds: mean and 95 %% interval (default:"
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

    int seeds() {
        return seeds;
    }

    /**
     * What was chosen.
     *
     * @throws ParameterException naming the option that cannot be
     */
    MetricChoice choice(CommandSpec spec) {
        if (seeds < 1) {
            throw new ParameterException(
                    spec.commandLine(), "--seeds must be 1 or more, not " + seeds);
        }
        if (kept < 2) {
            throw new ParameterException(
                    spec.commandLine(), "--kept must be 2 or more, not " + kept);
        }
        var choice =
                new MetricChoice(
                        "--",
                        metrics.isEmpty() ? Set.of(Metric.FID) : new TreeSet<>(metrics),
                        features.orElse(FeatureNet.LENET),
                        weights,
                        reference,
                        kept,
                        precision,
                        backbone,
                        linear,
                        DataConfig.defaults());
        choice.check(spec);
        return choice;
    }
}
