package dev.cm4j.train;

/** A run stopped because losses or gradients stayed without finite values. */
public final class TrainingDivergedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * @param message what happened, where the last good state lies and what may help
     */
    public TrainingDivergedException(String message) {
        super(message);
    }
}
