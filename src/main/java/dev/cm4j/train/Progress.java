package dev.cm4j.train;

/**
 * How far a run is, as the schedules see it.
 *
 * <p>In a run of a given number of steps the fraction is {@code step / totalSteps}; in a run of a
 * given time it is the share of that time spent so far, so that a curriculum fits the machine it
 * happens to run on.
 *
 * @param step k, optimiser steps taken so far
 * @param totalSteps K, planned steps, or -1 where the run is bounded by time
 * @param fraction share of the run done, in [0, 1]
 */
public record Progress(long step, long totalSteps, double fraction) {

    public Progress {
        if (step < 0) {
            throw new IllegalArgumentException("step " + step + " is negative");
        }
        if (!(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException("progress " + fraction + " is not within [0, 1]");
        }
    }
}
