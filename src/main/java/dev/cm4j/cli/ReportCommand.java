package dev.cm4j.cli;

import dev.cm4j.report.RunReport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes the page of a run that is there. */
@Command(
        name = "report",
        description = "Write a run's report.html: curves, pictures, configuration, machine.",
        footer = {"", "train writes it too, with each preview and at the end."})
final class ReportCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(
            paramLabel = "RUN",
            arity = "0..1",
            description = "Folder of the run (default: the newest in runs).")
    private Optional<Path> run;

    @Override
    public Integer call() {
        Path folder =
                Usage.check(
                        spec,
                        () ->
                                run.or(RunChoice::newestRun)
                                        .orElseThrow(() ->
                                                new IllegalArgumentException(
                                                        "there is no run in "
                                                                + RunChoice.RUNS
                                                                + "; name its folder")));
        Path page = Usage.check(spec, () -> RunReport.write(folder));
        spec.commandLine().getOut().println(page);
        return Main.DONE;
    }
}
