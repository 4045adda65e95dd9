package dev.cm4j.cli;

import dev.cm4j.preset.PostHocModel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Chooses the width of a model's average after training. */
@Command(
        name = "ema",
        description = "Make a model with an average of another width from a run's snapshots.",
        footer = {
            "",
            "train keeps snapshots of averages of kind power, of two widths, with",
            "--set optim.snapshots.every=500 --set sampling.average=power-0.1 --set",
            "'optim.averages=[{kind: power, sigma_rel: 0.05}, {kind: power, sigma_rel: 0.1}]'",
        })
final class EmaCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "RUN", description = "Folder of the run.")
    private Path run;

    @Option(
            names = "--sigma-rel",
            paramLabel = "S",
            required = true,
            description = "Width of the average as a share of the training, in (0, 0.28).")
    private double sigmaRel;

    @Option(
            names = "--step",
            paramLabel = "K",
            description = "Step at which the average ends (default: the newest snapshot's).")
    private Optional<Long> step;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "FILE",
            required = true,
            description = "The model to write.")
    private Path out;

    @Override
    public Integer call() {
        OptionalLong end = step.map(OptionalLong::of).orElseGet(OptionalLong::empty);
        PostHocModel made = Usage.check(spec, () -> PostHocModel.save(run, sigmaRel, end, out));
        spec.commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "%s: average of width %s at step %,d, out of %d snapshots, profile %.2g"
                                + " apart%n",
                        out,
                        sigmaRel,
                        made.step(),
                        made.snapshots(),
                        made.error());
        return Main.DONE;
    }
}
