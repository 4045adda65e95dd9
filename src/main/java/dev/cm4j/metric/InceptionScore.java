package dev.cm4j.metric;

import java.util.Arrays;

/**
 * Inception Score: are single pictures clear, and all of them varied?
 *
 * <pre>
 *   IS = mean over splits of exp( mean over x of KL( p(y|x) ‖ p(y) ) ),   p(y) = mean over x of p(y|x)
 *   mean KL = mean Σ p log p − Σ p(y) log p(y)
 * </pre>
 *
 * Splits are consecutive; the last may be shorter. A split is two sums, so memory does not grow
 * with the number of pictures. Source: Salimans et al. 2016 (arXiv 1606.03498), section 4; splits
 * as in OpenAI's evaluator. One thread at a time.
 */
public final class InceptionScore {

    /** Pictures of a split in OpenAI's evaluator. */
    public static final int SPLIT = 5000;

    private final int classes;
    private final int split;
    private final double[] sums; // Σ p of the present split
    private double negativeEntropy; // Σ p log p of the present split
    private int waiting;
    private double scores;
    private int splits;

    /**
     * @param classes number of classes, positive
     * @param split pictures a split, positive
     */
    public InceptionScore(int classes, int split) {
        if (classes < 1 || split < 1) {
            throw new IllegalArgumentException(
                    "cannot score " + classes + " classes in splits of " + split);
        }
        this.classes = classes;
        this.split = split;
        sums = new double[classes];
    }

    /**
     * Adds pictures.
     *
     * @param probabilities p(y|x) [n, classes] row-major, each row sums to 1
     * @throws IllegalArgumentException if there is no whole row
     */
    public void add(float[] probabilities) {
        if (probabilities.length == 0 || probabilities.length % classes != 0) {
            throw new IllegalArgumentException(
                    probabilities.length
                            + " numbers are no rows of "
                            + classes
                            + " in splits of "
                            + split);
        }
        for (int row = 0; row < probabilities.length / classes; row++) {
            for (int k = 0; k < classes; k++) {
                double p = probabilities[row * classes + k];
                sums[k] += p;
                negativeEntropy += plogp(p);
            }
            waiting++;
            if (waiting == split) {
                scores += present();
                splits++;
                Arrays.fill(sums, 0);
                negativeEntropy = 0;
                waiting = 0;
            }
        }
    }

    /**
     * @return the score of all pictures added so far, 1 to classes
     * @throws IllegalArgumentException if there are none
     */
    public double score() {
        if (waiting + splits == 0) {
            throw new IllegalArgumentException("an Inception Score needs a picture, found none");
        }
        return waiting == 0 ? scores / splits : (scores + present()) / (splits + 1);
    }

    /**
     * The score of pictures that are all there.
     *
     * @param probabilities p(y|x) [n, classes] row-major, each row sums to 1
     * @param classes number of classes, positive
     * @param split pictures a split, positive
     * @return the score, 1 to classes
     * @throws IllegalArgumentException if there is no whole row
     */
    public static double of(float[] probabilities, int classes, int split) {
        var score = new InceptionScore(classes, split);
        score.add(probabilities);
        return score.score();
    }

    private double present() {
        double marginal = 0;
        for (double sum : sums) {
            marginal += plogp(sum / waiting);
        }
        return Math.exp(negativeEntropy / waiting - marginal);
    }

    private static double plogp(double p) {
        return p > 0 ? p * Math.log(p) : 0; // p log p → 0
    }
}
