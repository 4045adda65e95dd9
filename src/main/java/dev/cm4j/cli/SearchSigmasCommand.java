package dev.cm4j.cli;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.DigitsEvaluation;
import dev.cm4j.Generator;
import dev.cm4j.Request;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.metric.LenetClassifier;
import dev.cm4j.metric.PictureScore;
import dev.cm4j.model.ModelKind;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.sample.CoordinateSearch;
import dev.cm4j.sample.GoldenSearch;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.SigmaSearch;
import dev.cm4j.sample.TernarySearch;
import dev.cm4j.schedule.NoiseRange;
import java.io.PrintWriter;
import java.nio.file.Files;
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

/** Looks for the noise levels a consistency model of digits is best sampled at. */
@Command(
        name = "search-sigmas",
        description = "Find the best noise levels for a number of steps, by fid-digits.",
        footer = {
            "",
            "All candidates are scored on the same seeds. The result is stored in the model file,",
            "where sample and evaluate find it, unless --dry-run is given.",
        })
final class SearchSigmasCommand implements Callable<Integer> {

    private static final int LEAST = 2;
    private static final int SWEEPS = 3;

    /** How to search. */
    enum Method {
        /** Indices of the training grid, as published. */
        TERNARY,
        /** Any level, one after another. */
        GOLDEN,
        /** Any level, all of them until nothing is gained. */
        COORDINATE
    }

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "MODEL",
            arity = "0..1",
            description = "Model file (default: as for sample).")
    private Optional<Path> model;

    @Option(
            names = "--steps",
            paramLabel = "K",
            defaultValue = "2",
            description = "Evaluations of the network a picture (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            defaultValue = "golden",
            description =
                    "ternary (on a grid, as published), golden or coordinate (default:"
                            + " ${DEFAULT-VALUE}).")
    private Method method;

    @Option(
            names = "--scales",
            paramLabel = "N",
            defaultValue = "40",
            description = "ternary: points of the grid (default: ${DEFAULT-VALUE}).")
    private int scales;

    @Option(
            names = "--tolerance",
            paramLabel = "U",
            defaultValue = "0.02",
            description = "golden, coordinate: end at this share of the range (default: 0.02).")
    private double tolerance;

    @Option(
            names = {"-n", "--num"},
            paramLabel = "N",
            defaultValue = "2000",
            description = "Pictures for each candidate (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of the pictures (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Option(names = "--dry-run", description = "Leave the model file as it is.")
    private boolean dry;

    @Mixin private JudgeOptions judges;

    @Mixin private ModelOptions options;

    @Override
    public Integer call() {
        options.prepare(spec);
        Path file = Usage.check(spec, () -> model.orElseGet(RunChoice::model));
        if (count < LEAST) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--num %d makes no score; %d is the least".formatted(count, LEAST));
        }
        Request request =
                Usage.check(
                        spec, () -> Request.of(count).withSeed(seed).withBatch(options.batch()));
        Optional<ModelCard> stored = dry ? Optional.empty() : Optional.of(card(file));
        SigmaSearch.Found found;
        try (var pipeline = options.open(file)) {
            Usage.run(spec, () -> requireConsistency(pipeline));
            SigmaSearch search = Usage.check(spec, () -> search(pipeline.card()));
            found = search(judges.open(spec), pipeline.generator(), search, request);
        }
        stored.ifPresent(card -> ModelFile.describe(file, card.withSigmas(found.sigmas())));
        Optional<List<Double>> replaced = stored.map(card -> card.sigmas().get(steps));
        String note = PictureScore.note(count, LenetClassifier.FEATURES);
        if (!note.isEmpty()) {
            spec.commandLine().getErr().println("note: " + note);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "%s%nfid-digits %.3f of %,d pictures, %d candidates; %s%n",
                NumberList.words(found.sigmas()),
                found.score(),
                count,
                found.evaluations(),
                dry
                        ? "not stored"
                        : "stored in "
                                + file
                                + replaced.map(old -> ", in place of " + NumberList.words(old))
                                        .orElse(""));
        return Main.DONE;
    }

    /** The card that the result goes into; only a model file has one. */
    private static ModelCard card(Path file) {
        try (CheckpointSource source = CheckpointSource.open(file)) {
            if (Files.isDirectory(file) || source.metadata().isEmpty()) {
                throw new FormatException(
                        file,
                        "no place for noise levels",
                        "a cm4j model file, as cm4j convert writes, or --dry-run");
            }
        }
        try (ModelFile model = ModelFile.open(file)) {
            return model.card();
        }
    }

    private SigmaSearch.Found search(
            DigitsEvaluation judge, Generator generator, SigmaSearch search, Request request) {
        PrintWriter err = spec.commandLine().getErr();
        return search.search(sigmas -> {
            double score = score(judge, generator, request, sigmas);
            err.printf(Locale.ROOT, "%-24s %.3f%n", NumberList.words(sigmas), score);
            err.flush();
            return score;
        });
    }

    private static double score(
            DigitsEvaluation judge, Generator generator, Request request, List<Double> sigmas) {
        var sampler = MultistepSampler.atSigmas(sigmas, generator.range());
        return judge.score(generator, request.withSampler(sampler), _ -> {}).frechet();
    }

    private SigmaSearch search(ModelCard card) {
        NoiseRange range = card.range();
        return switch (method) {
            case TERNARY -> new TernarySearch(steps, range.grid(scales));
            case GOLDEN -> new GoldenSearch(steps, range, tolerance);
            case COORDINATE ->
                    card.sigmas().containsKey(steps)
                            ? new CoordinateSearch(
                                    card.sigmas().get(steps), range, tolerance, SWEEPS)
                            : CoordinateSearch.ofSteps(steps, range, tolerance);
        };
    }

    private static void requireConsistency(ConsistencyPipeline pipeline) {
        if (pipeline.card().kind().equals(Optional.of(ModelKind.DIFFUSION))) {
            throw new IllegalArgumentException(
                    "noise levels are searched for consistency models, but this is a diffusion"
                            + " model");
        }
    }
}
