package dev.cm4j.train;

/** Why a run stopped. */
public enum StopReason {
    /** The budget of steps or minutes is spent. */
    FINISHED,
    /** Somebody asked it to stop; the last step is complete and written. */
    INTERRUPTED
}
