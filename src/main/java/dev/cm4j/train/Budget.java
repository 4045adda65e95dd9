package dev.cm4j.train;

import java.util.Locale;

/**
 * When a run ends: after a number of steps or after a number of seconds of training.
 *
 * <p>Seconds count what the training loop spends on steps and checkpoints, summed over resumes;
 * previews and scores made by listeners are not counted, so that watching a run does not change it.
 * Only a run bounded by steps resumes bit for bit.
 */
public sealed interface Budget {

    /** A budget of this many optimiser steps. */
    static Budget steps(long steps) {
        return new Steps(steps);
    }

    /** A budget of this many minutes of training. */
    static Budget minutes(double minutes) {
        return new Seconds(minutes * 60);
    }

    /**
     * @param step k, optimiser steps taken so far
     * @param seconds training time so far
     */
    Progress progress(long step, double seconds);

    /** Whether nothing is left after this many steps and seconds. */
    boolean spent(long step, double seconds);

    /** The budget as a line for people: {@code 2000 steps}, {@code 5.0 minutes}. */
    String text();

    /**
     * @param count K, positive
     */
    record Steps(long count) implements Budget {

        public Steps {
            if (count < 1) {
                throw new IllegalArgumentException("a run needs at least 1 step, got " + count);
            }
        }

        @Override
        public Progress progress(long step, double seconds) {
            return new Progress(step, count, Math.min(1, (double) step / count));
        }

        @Override
        public boolean spent(long step, double seconds) {
            return step >= count;
        }

        @Override
        public String text() {
            return count + " steps";
        }
    }

    /**
     * @param length seconds of training, positive
     */
    record Seconds(double length) implements Budget {

        public Seconds {
            if (!(length > 0 && Double.isFinite(length))) {
                throw new IllegalArgumentException(
                        "a run needs a positive time, got " + length + " seconds");
            }
        }

        @Override
        public Progress progress(long step, double seconds) {
            return new Progress(step, -1, Math.clamp(seconds / length, 0, 1));
        }

        @Override
        public boolean spent(long step, double seconds) {
            return seconds >= length;
        }

        @Override
        public String text() {
            return String.format(Locale.ROOT, "%.1f minutes", length / 60);
        }
    }
}
