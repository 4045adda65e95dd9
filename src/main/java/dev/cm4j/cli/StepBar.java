package dev.cm4j.cli;

import dev.cm4j.checkpoint.WriteProgress;
import picocli.CommandLine.Model.CommandSpec;

/** A {@link ProgressLine} that opens when the size of the work is known. */
final class StepBar implements WriteProgress, AutoCloseable {

    private final CommandSpec spec;
    private final String task;
    private final String unit;
    private ProgressLine line; // null until the first call

    StepBar(CommandSpec spec, String task, String unit) {
        this.spec = spec;
        this.task = task;
        this.unit = unit;
    }

    @Override
    public void progressed(long written, long total) {
        if (line == null) {
            line =
                    ProgressLine.open(
                            spec.commandLine().getErr(), Main.terminal(spec), task, total, unit);
        }
        line.at(written, "");
    }

    @Override
    public void close() {
        if (line != null) {
            line.close();
        }
    }
}
