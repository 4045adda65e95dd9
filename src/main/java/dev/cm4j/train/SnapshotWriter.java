package dev.cm4j.train;

import dev.cm4j.schedule.EmaRate;
import java.nio.file.Path;

/**
 * Takes snapshots of the power-function averages while a run goes on, and at its end.
 *
 * <p>A resumed run begins by deleting those later than the step it resumes from: they are of
 * weights that are lost, and it may end before it would write them again.
 */
public final class SnapshotWriter implements StepListener {

    private final Snapshots snapshots;
    private final SnapshotConfig config;

    /**
     * @param run the run's folder
     * @param config when, and which stay
     */
    public SnapshotWriter(Path run, SnapshotConfig config) {
        this.snapshots = new Snapshots(run);
        this.config = config;
    }

    @Override
    public void onStart(TrainState state, Progress progress) {
        snapshots.rewind(state.step());
    }

    @Override
    public void onStep(StepRecord step, TrainState state) {
        if (state.step() % config.every() == 0) {
            write(state);
        }
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        write(state);
    }

    private void write(TrainState state) {
        for (EvaluationAverage average : state.averages()) {
            if (average.config().rate() instanceof EmaRate.Power rate) {
                snapshots.write(average, rate, state, config.type());
                snapshots.prune(average.config().label(), config.every(), config.most());
            }
        }
    }
}
