package dev.cm4j.train;

/**
 * How the gradients of a batch taken in parts become one.
 *
 * <p>Source: openai/consistency_models, {@code train_util.py}, for the sum.
 */
public enum Accumulation {
    /** Each part counts by its share of the batch, so that the parts do not change the gradient. */
    BY_SHARE,
    /**
     * The gradients of the parts' mean losses are added, as the original code does: twice as many
     * parts give twice the gradient, and a smaller last part counts as much as the others.
     */
    SUMMED;

    /** What the gradient of the mean loss of some images of a batch is multiplied by. */
    double weight(int images, int batchSize) {
        return switch (this) {
            case BY_SHARE -> (double) images / batchSize;
            case SUMMED -> 1;
        };
    }
}
