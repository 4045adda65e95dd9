package dev.cm4j.train;

import java.nio.file.Path;

/**
 * Somebody who watches a run: loggers, progress bars, previews, scores.
 *
 * <p>Calls come from the training thread, in this order: one {@code onStart}, then {@code onStep}
 * after every optimiser step, {@code onSkip} where one is left out, and {@code onCheckpoint} after
 * every checkpoint, and one {@code onEnd} unless the run failed. The state is the run's own: a
 * listener may read it and evaluate its networks, not change it, and must not keep it. Time spent
 * here is not training time. An exception ends the run.
 */
public interface StepListener {

    /** The run begins, or continues, at {@code state.step()}. */
    default void onStart(TrainState state, Progress progress) {}

    /** A step was taken; {@code step.step()} equals {@code state.step()}. */
    default void onStep(StepRecord step, TrainState state) {}

    /**
     * A step was left out because its loss or gradient was not finite; told of the first in a row.
     *
     * @param where what was not finite first: a weight, the images, a module's output, a loss, a
     *     parameter's gradient
     */
    default void onSkip(String where, TrainState state) {}

    /** A checkpoint is complete on disk. */
    default void onCheckpoint(Path folder, TrainState state) {}

    /** The run ended; its last checkpoint is written. */
    default void onEnd(TrainState state, StopReason reason) {}
}
