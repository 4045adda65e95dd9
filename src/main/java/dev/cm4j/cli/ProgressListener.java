package dev.cm4j.cli;

import dev.cm4j.train.Progress;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StepRecord;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TrainState;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Optional;

/** Shows how far a training run is: its loss, its speed and the time that is left. */
final class ProgressListener implements StepListener, AutoCloseable {

    private static final int PERCENT = 100;
    private static final double SMOOTHING = .98;

    private final PrintWriter err;
    private final boolean terminal;
    private Optional<ProgressLine> line = Optional.empty();
    private boolean bySteps;
    private double loss = Double.NaN;
    private double speed = Double.NaN;

    ProgressListener(PrintWriter err, boolean terminal) {
        this.err = err;
        this.terminal = terminal;
    }

    @Override
    public void onStart(TrainState state, Progress progress) {
        bySteps = progress.totalSteps() > 0;
        long total = bySteps ? progress.totalSteps() : PERCENT;
        line = Optional.of(ProgressLine.open(err, terminal, "train", total, bySteps ? "" : "%"));
    }

    @Override
    public void onStep(StepRecord step, TrainState state) {
        loss = smooth(loss, step.loss());
        speed = smooth(speed, step.imagesPerSecond());
        String detail =
                String.format(
                        Locale.ROOT,
                        "step %,d, loss %.4g, %.0f img/s%s",
                        step.step(),
                        loss,
                        speed,
                        left(step));
        long done = bySteps ? step.step() : Math.round(step.progress() * PERCENT);
        line.ifPresent(l -> l.at(done, detail));
    }

    @Override
    public void onSkip(String where, TrainState state) {
        err.println("left out a step after step " + state.step() + ", not finite: " + where);
        err.flush();
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        close();
    }

    /** Ends the bar's line, once. */
    @Override
    public void close() {
        line.ifPresent(ProgressLine::close);
        line = Optional.empty();
    }

    private static double smooth(double old, double now) {
        return Double.isNaN(old) || !Double.isFinite(now)
                ? now
                : SMOOTHING * old + (1 - SMOOTHING) * now;
    }

    private static String left(StepRecord step) {
        double share = step.progress();
        if (share <= 0 || share >= 1) {
            return "";
        }
        return ", " + ProgressLine.clock((long) (step.seconds() * (1 - share) / share)) + " left";
    }
}
