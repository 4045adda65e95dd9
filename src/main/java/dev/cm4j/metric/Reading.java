package dev.cm4j.metric;

/**
 * What a network says of a batch of pictures.
 *
 * @param count number of pictures, n
 * @param features [n, d] row-major
 * @param probabilities of the classes [n, k] row-major, each row sums to 1
 * @param spatial [n, s] row-major; empty where the network has no spatial features
 */
public record Reading(int count, float[] features, float[] probabilities, float[] spatial) {

    /**
     * @throws IllegalArgumentException if one of the arrays is no n whole rows
     */
    public Reading {
        if (count < 1
                || features.length % count != 0
                || probabilities.length % count != 0
                || spatial.length % count != 0) {
            throw new IllegalArgumentException(
                    features.length
                            + " features, "
                            + probabilities.length
                            + " probabilities and "
                            + spatial.length
                            + " spatial features are no rows of "
                            + count
                            + " pictures");
        }
    }

    /** The most probable class of picture i; the smaller one of two equals. */
    public int best(int i) {
        int classes = probabilities.length / count;
        int best = 0;
        for (int k = 1; k < classes; k++) {
            if (probabilities[i * classes + k] > probabilities[i * classes + best]) {
                best = k;
            }
        }
        return best;
    }

    /** The probability of {@link #best}, up to 1. */
    public double confidence(int i) {
        return probabilities[i * (probabilities.length / count) + best(i)];
    }
}
