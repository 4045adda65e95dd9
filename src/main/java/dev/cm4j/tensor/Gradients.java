package dev.cm4j.tensor;

/**
 * Whether operations on this thread are recorded for differentiation. Off when a thread starts.
 *
 * <pre>
 *   try (var _ = Gradients.enabled()) { loss = …; }
 *   loss.backward();
 * </pre>
 */
public final class Gradients {
    private Gradients() {}

    /** Records until the result is closed, which restores what was before. */
    public static Mode enabled() {
        return new Mode(true);
    }

    /** Does not record until the result is closed, which restores what was before. */
    public static Mode disabled() {
        return new Mode(false);
    }

    /** A change of mode, for try-with-resources; it ends on the thread it began on. */
    public static final class Mode implements AutoCloseable {
        private final Thread owner = Thread.currentThread();
        private final boolean previous;
        private boolean ended;

        private Mode(boolean enabled) {
            previous = TensorNative.gradMode(enabled);
        }

        /**
         * @throws WrongThreadException on another thread
         */
        @Override
        public void close() {
            if (!owner.equals(Thread.currentThread())) {
                throw new WrongThreadException(
                        "the gradient mode belongs to thread '" + owner.getName() + "'");
            }
            if (!ended) {
                ended = true;
                TensorNative.gradMode(previous);
            }
        }
    }
}
