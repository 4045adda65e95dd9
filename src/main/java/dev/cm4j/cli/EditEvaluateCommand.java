package dev.cm4j.cli;

import dev.cm4j.EditsEvaluation;
import dev.cm4j.edit.LevelChoice;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures whether edited digits are still read as what they were. */
@Command(
        name = "evaluate",
        description = "Measure whether a classifier reads edited MNIST digits as before.",
        footer = {
            "",
            "The digits are spread evenly over the MNIST test set. Each line: how many are read",
            "right as damaged, how many as edited, and how many of these as the originals are.",
        })
final class EditEvaluateCommand implements Callable<Integer> {

    private static final int STEPS = 10;

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "MODEL", description = "Model file of digits.")
    private Path model;

    @Option(
            names = {"-n", "--num"},
            paramLabel = "N",
            defaultValue = "500",
            description = "Number of digits (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(names = "--told", description = "Tell the model the class (default: it is guessed).")
    private boolean told;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Mixin private JudgeOptions judges;

    @Mixin private LevelOptions levels;

    @Mixin private ModelOptions options;

    @Override
    public Integer call() {
        options.prepare(spec);
        LevelChoice choice = levels.choice(spec, Optional.empty(), STEPS);
        Path mnist = judges.mnist(spec);
        Path weights = judges.weights(spec);
        PrintWriter out = spec.commandLine().getOut();
        var judge = Usage.check(spec, () -> EditsEvaluation.open(mnist, weights, count));
        try (var pipeline = options.open(model)) {
            out.printf(
                    Locale.ROOT, "%-30s %9s %9s %9s%n", "edit", "damaged", "edited", "as before");
            var editor = pipeline.editor();
            for (EditsEvaluation.Task task : EditsEvaluation.Task.values()) {
                var score =
                        Usage.check(
                                spec,
                                () ->
                                        judge.score(
                                                editor, task, choice, seed, options.batch(), told));
                out.printf(
                        Locale.ROOT,
                        "%-30s %8.1f%% %8.1f%% %8.1f%%%n",
                        task.words(),
                        100 * score.damaged(),
                        100 * score.edited(),
                        100 * score.agreement());
                out.flush();
            }
            out.printf(
                    Locale.ROOT,
                    "%d digits, originals read right %.1f%%, classes %s%n",
                    count,
                    100 * judge.originals(),
                    told ? "told" : "guessed");
        }
        return Main.DONE;
    }
}
