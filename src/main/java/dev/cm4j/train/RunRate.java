package dev.cm4j.train;

import dev.cm4j.schedule.LearningRate;

/**
 * The learning rate over a run: a start given in steps, and a straight fall to zero over its last
 * share, whether the run is measured in steps or in minutes.
 *
 * <pre>
 *   rate = start(k) · min(1, (1 − progress) / tail)
 * </pre>
 *
 * @param start rate by steps taken: constant, with a warm-up, or falling
 * @param tail share of the run over which the rate falls to zero, in [0, 1]; 0: no fall
 */
public record RunRate(LearningRate start, double tail) {

    public RunRate {
        if (!(tail >= 0 && tail <= 1)) {
            throw new IllegalArgumentException(
                    "the tail of the learning rate must be a share of the run in [0, 1], but is "
                            + tail);
        }
    }

    /** The rate of the step about to be taken. */
    public double at(Progress progress) {
        double fall = tail == 0 ? 1 : Math.min(1, (1 - progress.fraction()) / tail);
        return start.at(progress.step()) * fall;
    }
}
