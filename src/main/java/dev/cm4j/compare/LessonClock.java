package dev.cm4j.compare;

import dev.cm4j.train.StepListener;
import dev.cm4j.train.TrainState;
import java.nio.file.Path;

/**
 * Writes down what a session of a training costs as it goes on, so that one that is killed is
 * counted up to its newest checkpoint.
 */
final class LessonClock implements StepListener {

    private static final double NANOSECONDS = 60e9;

    private final Path run;
    private final EnergyMeter meter;
    private final LessonRecord before;
    private final long start = System.nanoTime();
    private final double energy;

    /**
     * Begins to count.
     *
     * @param run the run's folder, with the record of earlier sessions
     * @param meter borrowed
     */
    LessonClock(Path run, EnergyMeter meter) {
        this.run = run;
        this.meter = meter;
        before = LessonRecord.read(run);
        energy = meter.total();
    }

    @Override
    public void onCheckpoint(Path folder, TrainState state) {
        write(false);
    }

    /** Writes or replaces the record. */
    void write(boolean finished) {
        double minutes = (System.nanoTime() - start) / NANOSECONDS;
        before.with(minutes, meter.total() - energy, meter, finished).write(run);
    }
}
