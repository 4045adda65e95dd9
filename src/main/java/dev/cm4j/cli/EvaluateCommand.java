package dev.cm4j.cli;

import dev.cm4j.DigitsEvaluation;
import dev.cm4j.PictureEvaluation;
import dev.cm4j.Request;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.data.Split;
import dev.cm4j.metric.DigitsScore;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.Metric;
import dev.cm4j.metric.PictureScore;
import dev.cm4j.metric.Reference;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Scores pictures: those of a model, a folder or an array file. */
@Command(
        name = "evaluate",
        description = "Score digits against MNIST, or any pictures against a reference.",
        footer = {
            "",
            "fid-digits is a Frechet distance of 84 LeNet-5 features; lower is better. It falls",
            "with the number of pictures: compare equal numbers only, and with no other FID.",
            "Every number is printed with its protocol and the number of pictures N.",
        })
final class EvaluateCommand implements Callable<Integer> {

    /** Options about how pictures are made, which say nothing where they are there already. */
    private static final List<String> OF_MODELS =
            List.of(
                    "--steps",
                    "--sigmas",
                    "--timesteps",
                    "--sampler",
                    "--nfe",
                    "--rho",
                    "--middle",
                    "--guidance",
                    "--seed",
                    "--seeds",
                    "--key",
                    "--variant",
                    "--image-size",
                    "--batch",
                    "--precision");

    private static final int LEAST = 2;

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "SOURCE",
            arity = "0..1",
            description =
                    "Model, folder of pictures, x.npz, mnist or cifar10 (default: as for sample).")
    private Optional<Path> source;

    @Option(
            names = {"-n", "--num"},
            paramLabel = "N",
            description = "Number of pictures (default: 10000, or all there are).")
    private Optional<Integer> count;

    @Mixin private WeightsChoice weights;

    @Mixin private SamplerOptions samplers;

    @Mixin private GuidanceOptions guidance;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of a model's pictures (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin private JudgeOptions judges;

    @Mixin private MetricOptions metrics;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--csv", description = "Print a header and a row of commas.")
    private boolean csv;

    @Mixin private ModelOptions options;

    @Override
    public Integer call() throws NoSuchFileException {
        if (json && csv) {
            throw new ParameterException(spec.commandLine(), "--json and --csv exclude each other");
        }
        samplers.check(spec);
        guidance.check(spec);
        options.prepare(spec);
        Path from = Usage.check(spec, () -> source.orElseGet(RunChoice::model));
        if (!Files.exists(from) && !PictureSource.isNamed(from)) {
            throw new NoSuchFileException(from.toString());
        }
        Request request = Usage.check(spec, this::request);
        if (!isModel(from)) {
            IdleOptions.refuse(spec, "on " + from + ", which is pictures and no model", OF_MODELS);
        }
        if (metrics.arePresent()) {
            print(metricReport(from, request));
            return Main.DONE;
        }
        PrintWriter err = spec.commandLine().getErr();
        var judge = judges.open(spec);
        EvaluationReport report;
        if (isModel(from)) {
            report = model(judge, from, request);
        } else {
            report = pictures(judge, from);
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            report.json(out);
        } else if (csv) {
            report.csv(out);
        } else {
            report.text(out);
        }
        err.flush();
        return Main.DONE;
    }

    private void print(MetricReport report) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            report.json(out);
        } else if (csv) {
            report.csv(out);
        } else {
            report.text(out);
        }
    }

    private MetricReport metricReport(Path from, Request request) {
        MetricChoice choice = metrics.choice(spec);
        try (FeatureExtractor extractor = choice.extractor(spec);
                var lpips = choice.distance(spec)) {
            Optional<Reference> reference = choice.reference(spec, extractor);
            var evaluation =
                    Usage.check(
                            spec,
                            () ->
                                    new PictureEvaluation(
                                            extractor,
                                            choice.metrics(),
                                            choice.kept(),
                                            reference,
                                            lpips.distance()));
            List<PictureScore> scores = new ArrayList<>();
            String made = "as they are";
            if (isModel(from)) {
                made = seeds(evaluation, from, request, scores);
            } else {
                scores.add(pictures(evaluation, from));
            }
            return new MetricReport(
                    from.toString(),
                    scores,
                    String.format(Locale.ROOT, "%,d, %s", scores.getFirst().count(), made),
                    referenceLine(choice, reference, extractor),
                    choice.metrics().contains(Metric.FID)
                            ? PictureScore.note(scores.getFirst().count(), extractor.features())
                            : "");
        }
    }

    private String referenceLine(
            MetricChoice choice, Optional<Reference> reference, FeatureExtractor extractor) {
        String[] identity = extractor.identity().split(" ");
        String net = "weights " + identity[identity.length - 1].substring(0, 12);
        return reference.isEmpty() ? net : choice.referenceName(spec) + ", " + net;
    }

    private String seeds(
            PictureEvaluation evaluation, Path file, Request request, List<PictureScore> scores) {
        String words = "";
        for (int i = 0; i < metrics.seeds(); i++) {
            Request asked = request.withSeed(request.seed() + i);
            try (var open = open(file, asked);
                    var progress = progress(asked.count())) {
                scores.add(
                        Usage.check(
                                spec,
                                () ->
                                        evaluation.score(
                                                open.generator(),
                                                open.request(),
                                                done -> progress.at(done, ""))));
                words = SamplerWords.of(open.sampler());
            }
        }
        long last = seed + metrics.seeds() - 1;
        return words + (last == seed ? ", seed " + seed : ", seeds " + seed + " to " + last);
    }

    private PictureScore pictures(PictureEvaluation evaluation, Path from) {
        try (var dataset = PictureSource.open(from, Split.TEST, false)) {
            dataset.notices().forEach(spec.commandLine().getErr()::println);
            int number = count.orElse(dataset.size());
            try (var progress = progress(number)) {
                return Usage.check(
                        spec,
                        () -> evaluation.score(dataset, number, done -> progress.at(done, "")));
            }
        }
    }

    private OpenModel open(Path file, Request request) {
        return new OpenModel(
                spec, file, weights.options(spec), options, samplers, guidance, request);
    }

    private EvaluationReport model(DigitsEvaluation judge, Path file, Request request) {
        try (var open = open(file, request);
                var progress = progress(request.count())) {
            DigitsScore score =
                    judge.score(open.generator(), open.request(), done -> progress.at(done, ""));
            return report(
                    judge,
                    file,
                    score,
                    String.format(
                            Locale.ROOT, "%s, seed %d", SamplerWords.of(open.sampler()), seed));
        }
    }

    private EvaluationReport pictures(DigitsEvaluation judge, Path from) {
        try (var dataset = PictureSource.open(from)) {
            dataset.notices().forEach(spec.commandLine().getErr()::println);
            int number = count.orElse(dataset.size());
            try (var progress = progress(number)) {
                DigitsScore score =
                        Usage.check(
                                spec,
                                () -> judge.score(dataset, number, done -> progress.at(done, "")));
                return report(judge, from, score, "pictures as they are");
            }
        }
    }

    private EvaluationReport report(
            DigitsEvaluation judge, Path from, DigitsScore score, String protocol) {
        return new EvaluationReport(
                from.toString(), score, judge.baseline(score.count()), protocol, judge.reference());
    }

    private ProgressLine progress(int total) {
        return ProgressLine.open(
                spec.commandLine().getErr(), Main.terminal(spec), "evaluate", total, "");
    }

    private Request request() {
        if (count.isPresent() && count.get() < LEAST) {
            throw new IllegalArgumentException(
                    "--num %d makes no score; %d is the least".formatted(count.get(), LEAST));
        }
        return new Request(
                count.orElse(10_000), samplers.levels(spec), List.of(), seed, options.batch());
    }

    private static boolean isModel(Path from) {
        if (PictureSource.isNamed(from)) {
            return false;
        }
        return Files.isDirectory(from)
                ? CheckpointSource.recognises(from)
                : !from.toString().endsWith(".npz");
    }
}
