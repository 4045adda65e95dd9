package dev.cm4j.metric;

/**
 * Inception Score: are single pictures clear, and all of them varied?
 *
 * <pre>
 *   IS = mean over splits of exp( mean over x of KL( p(y|x) ‖ p(y) ) ),   p(y) = mean over x of p(y|x)
 * </pre>
 *
 * Splits are consecutive; the last may be shorter. Source: Salimans et al. 2016 (arXiv 1606.03498),
 * section 4; splits as in OpenAI's evaluator.
 */
public final class InceptionScore {

    private InceptionScore() {}

    /**
     * @param probabilities p(y|x) [n, classes] row-major, each row sums to 1
     * @param classes number of classes, positive
     * @param split pictures a split, positive
     * @return the score, 1 to classes
     * @throws IllegalArgumentException if there is no whole row
     */
    public static double of(float[] probabilities, int classes, int split) {
        if (classes < 1
                || split < 1
                || probabilities.length == 0
                || probabilities.length % classes != 0) {
            throw new IllegalArgumentException(
                    probabilities.length
                            + " numbers are no rows of "
                            + classes
                            + " in splits of "
                            + split);
        }
        int rows = probabilities.length / classes;
        double sum = 0;
        int splits = 0;
        for (int first = 0; first < rows; first += split) {
            sum +=
                    Math.exp(
                            divergence(
                                    probabilities, classes, first, Math.min(rows, first + split)));
            splits++;
        }
        return sum / splits;
    }

    private static double divergence(float[] p, int classes, int from, int to) {
        double[] mean = new double[classes];
        for (int i = from * classes; i < to * classes; i++) {
            mean[i % classes] += (double) p[i] / (to - from);
        }
        double sum = 0;
        for (int i = from * classes; i < to * classes; i++) {
            if (p[i] > 0) { // p log p → 0
                sum += p[i] * (Math.log(p[i]) - Math.log(mean[i % classes]));
            }
        }
        return sum / (to - from);
    }
}
