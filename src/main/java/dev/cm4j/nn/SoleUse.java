package dev.cm4j.nn;

import java.util.concurrent.atomic.AtomicReference;

/**
 * Refuses a second thread while one is in a pass: two passes of a network share its workspace, and
 * would spoil each other's numbers without a word.
 */
final class SoleUse {

    private final AtomicReference<Thread> user = new AtomicReference<>();

    /**
     * Begins a pass.
     *
     * @throws IllegalStateException if another thread is in one
     */
    void begin() {
        Thread other = user.compareAndExchangeAcquire(null, Thread.currentThread());
        if (other != null) {
            throw new IllegalStateException(
                    "this network is in use by thread '%s', and one thread at a time may use it; let threads ask a ConsistencyPipeline, where they take turns, or give each its own copy()"
                            .formatted(other.getName()));
        }
    }

    /** Ends the pass that this thread began. */
    void end() {
        user.setRelease(null);
    }
}
