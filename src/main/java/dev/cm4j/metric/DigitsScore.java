package dev.cm4j.metric;

import java.util.OptionalDouble;

/**
 * The digit score of a set of pictures, with what a reader needs to compare it.
 *
 * <p>Not comparable with an Inception FID, nor with another count of pictures: the Fréchet distance
 * is biased upwards by about c/N.
 *
 * @param count number of pictures scored, N
 * @param frechet Fréchet distance of the classifier's 84 features to the reference, {@code
 *     fid-digits}; the 10,000 MNIST test digits score 0.619 against the training set
 * @param topProbability mean probability of the most probable digit, 0.1 to 1; legible digits are
 *     close to 1
 * @param entropy entropy of the histogram in nats, at most ln 10 = 2.303 where all digits are
 *     equally frequent
 * @param accuracy share of pictures read as the digit asked for, 0 to 1; empty without labels
 * @param histogram how often each of the ten digits was read
 */
public record DigitsScore(
        long count,
        double frechet,
        double topProbability,
        double entropy,
        OptionalDouble accuracy,
        long[] histogram) {}
