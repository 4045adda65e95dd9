package dev.cm4j.train;

/**
 * When checkpoints are written and which of them stay.
 *
 * @param everySteps steps between two checkpoints; 0: only at the end
 * @param everySeconds training seconds between two checkpoints; infinity: by steps alone
 * @param keepLast newest checkpoints that stay, at least 1
 * @param keepEvery checkpoints at multiples of this step stay too; 0: none
 */
public record CheckpointPolicy(long everySteps, double everySeconds, int keepLast, long keepEvery) {

    public CheckpointPolicy {
        if (everySteps < 0 || keepEvery < 0 || !(everySeconds > 0) || keepLast < 1) {
            throw new IllegalArgumentException(
                    "checkpoints every %d steps or %s seconds, keeping %d and every %d-th, is no policy"
                            .formatted(everySteps, everySeconds, keepLast, keepEvery));
        }
    }

    /** One every two minutes of training, the last two staying. */
    public static CheckpointPolicy standard() {
        return new CheckpointPolicy(0, 120, 2, 0);
    }

    /** Only the one at the end. */
    public static CheckpointPolicy atEnd() {
        return new CheckpointPolicy(0, Double.POSITIVE_INFINITY, 1, 0);
    }

    /** Whether one is due after so much work since the last. */
    boolean due(long step, double secondsSinceLast) {
        return (everySteps > 0 && step % everySteps == 0) || secondsSinceLast >= everySeconds;
    }
}
