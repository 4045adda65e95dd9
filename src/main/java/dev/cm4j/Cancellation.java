package dev.cm4j;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * The means to end a request from elsewhere; one may be given to several requests. Sampling ends
 * after the step in hand, waiting for a turn at once.
 *
 * <p>Threads: all methods may be called from any thread.
 */
public final class Cancellation {

    private final List<Runnable> waiting = new ArrayList<>();
    private boolean cancelled;

    /** Ends the requests this was given to, those of the future included. */
    public void cancel() {
        List<Runnable> wake;
        synchronized (this) {
            cancelled = true;
            wake = List.copyOf(waiting);
        }
        wake.forEach(Runnable::run);
    }

    /** Whether it has come to that. */
    public synchronized boolean isCancelled() {
        return cancelled;
    }

    /**
     * Goes on or ends.
     *
     * @throws CancellationException after {@link #cancel}
     */
    void check() {
        if (isCancelled()) {
            throw new CancellationException("the request was cancelled");
        }
    }

    /** Has this run when the end comes; nothing is run for an end that has come already. */
    synchronized void addWaiting(Runnable wake) {
        waiting.add(wake);
    }

    /** Takes {@link #addWaiting} back. */
    synchronized void removeWaiting(Runnable wake) {
        waiting.remove(wake);
    }
}
