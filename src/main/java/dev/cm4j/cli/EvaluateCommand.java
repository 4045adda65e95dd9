package dev.cm4j.cli;

import dev.cm4j.DigitsEvaluation;
import dev.cm4j.Request;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.metric.DigitsScore;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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

/** Scores digits: those of a model, a folder or an array file. */
@Command(
        name = "evaluate",
        description = "Score digits against the MNIST training set.",
        footer = {
            "",
            "fid-digits is a Frechet distance of 84 LeNet-5 features; lower is better. It falls",
            "with the number of pictures: compare equal numbers only, and with no other FID.",
        })
final class EvaluateCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "SOURCE",
            arity = "0..1",
            description = "Model, folder of pictures or x.npz (default: as for sample).")
    private Optional<Path> source;

    @Option(
            names = {"-n", "--num"},
            paramLabel = "N",
            description = "Number of pictures (default: 10000, or all there are).")
    private Optional<Integer> count;

    @Mixin private SamplerOptions samplers;

    @Mixin private GuidanceOptions guidance;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of a model's pictures (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin private JudgeOptions judges;

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
        if (!Files.exists(from)) {
            throw new NoSuchFileException(from.toString());
        }
        Request request = Usage.check(spec, this::request);
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

    private EvaluationReport model(DigitsEvaluation judge, Path file, Request request) {
        try (var open = new OpenModel(spec, file, options, samplers, guidance, request);
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
        return new Request(
                count.orElse(10_000), samplers.levels(spec), List.of(), seed, options.batch());
    }

    private static boolean isModel(Path from) {
        return Files.isDirectory(from)
                ? CheckpointSource.recognises(from)
                : !from.toString().endsWith(".npz");
    }
}
