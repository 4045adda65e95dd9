package dev.cm4j.cli;

import dev.cm4j.report.RunReport;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StepRecord;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TrainState;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * Writes a run's report with each preview and at the end. Where the page cannot be drawn, such as
 * on a machine without fonts, it says so once and the run goes on.
 */
final class ReportListener implements StepListener {

    private final Path run;
    private final PreviewListener previews;
    private final PrintWriter err;
    private long reported = -1;
    private boolean failed;

    /**
     * @param run the run's folder
     * @param previews told of each step before this listener
     * @param err hears why there is no report
     */
    ReportListener(Path run, PreviewListener previews, PrintWriter err) {
        this.run = run;
        this.previews = previews;
        this.err = err;
    }

    @Override
    public void onStep(StepRecord step, TrainState state) {
        if (previews.drawn() == step.step()) {
            report(step.step());
        }
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        if (reported != state.step()) {
            report(state.step());
        }
    }

    @SuppressWarnings("CatchingUnchecked") // fonts that are missing are a linkage or internal error
    private void report(long step) {
        if (failed) {
            return;
        }
        try {
            RunReport.write(run);
            reported = step;
        } catch (RuntimeException | LinkageError | InternalError e) {
            failed = true;
            err.println("no report of this run: " + Sentence.of(e));
            err.flush();
        }
    }
}
