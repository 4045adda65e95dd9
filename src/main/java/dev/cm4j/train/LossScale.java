package dev.cm4j.train;

/**
 * The factor that keeps gradients in half precision from vanishing.
 *
 * <pre>
 *   loss · 2^lg is taken backwards, the gradients are divided by 2^lg
 *   ‖g‖ finite: the step is taken, lg ← lg + growth;   else it is not, lg ← lg − 1
 * </pre>
 *
 * <p>Source: openai/consistency_models, {@code fp16_util.py}. bfloat16 has the range of float32 and
 * needs none.
 *
 * @param log2 lg
 * @param growth added after each step taken, not negative
 */
public record LossScale(double log2, double growth) {

    /** Where the original begins. */
    public static final LossScale START = new LossScale(20, 1e-3);

    /**
     * @throws IllegalArgumentException if growth is negative or a number is not finite
     */
    public LossScale {
        if (!Double.isFinite(log2) || !(growth >= 0 && growth < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "a loss scale of 2^" + log2 + " that grows by " + growth + " has no meaning");
        }
    }

    /** 2^lg. */
    public double factor() {
        return Math.pow(2, log2);
    }

    /** {@code 2^20.001}. */
    @Override
    public String toString() {
        return "2^" + Math.round(1000 * log2) / 1000.0;
    }

    /**
     * The scale of the next step.
     *
     * @param finite whether ‖g‖ of this step was, and so whether it was taken
     */
    public LossScale after(boolean finite) {
        return new LossScale(finite ? log2 + growth : log2 - 1, growth);
    }
}
