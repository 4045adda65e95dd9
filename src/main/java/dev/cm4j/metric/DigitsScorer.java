package dev.cm4j.metric;

import dev.cm4j.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * Scores pictures of digits against a reference set, batch by batch.
 *
 * <p>Features of {@link LenetClassifier}, {@link FrechetDistance} to the reference statistics, mean
 * top probability and the entropy of the classes read. The pictures must come as bytes, since a
 * score judges what a file would hold. One thread at a time.
 */
public final class DigitsScorer {

    private final LenetClassifier classifier;
    private final FeatureStatistics reference;
    private final FeatureStatistics.Accumulator features =
            new FeatureStatistics.Accumulator(LenetClassifier.FEATURES);
    private final long[] histogram = new long[LenetClassifier.CLASSES];
    private double confidence;
    private long labelled;
    private long right;

    /**
     * @param classifier the judge
     * @param reference statistics of the same classifier's features, see {@link
     *     ReferenceStatistics#of}
     */
    public DigitsScorer(LenetClassifier classifier, FeatureStatistics reference) {
        this.classifier = classifier;
        this.reference = reference;
    }

    /**
     * Adds pictures nobody asked a class of.
     *
     * @param pixels [n, 1, H, W] u8 as {@link LenetClassifier#read} takes them
     */
    public void add(Tensor pixels) {
        record(classifier.read(pixels));
    }

    /**
     * Adds pictures with the digits they should show.
     *
     * @param pixels [n, 1, H, W] u8 as {@link LenetClassifier#read} takes them
     * @param labels the digit each should show [n], 0 to 9
     * @throws IllegalArgumentException if there is not one label a picture
     */
    public void add(Tensor pixels, long[] labels) {
        if (labels.length != pixels.size(0)) {
            throw new IllegalArgumentException(
                    labels.length + " labels for " + pixels.size(0) + " pictures");
        }
        Reading reading = classifier.read(pixels);
        record(reading);
        labelled += labels.length;
        for (int i = 0; i < labels.length; i++) {
            if (reading.best(i) == labels[i]) {
                right++;
            }
        }
    }

    /**
     * @return the score of all pictures added so far
     * @throws IllegalArgumentException if fewer than two were added
     */
    public DigitsScore score() {
        FeatureStatistics statistics = features.statistics();
        long count = statistics.count();
        double entropy = 0;
        for (long hits : histogram) {
            if (hits > 0) {
                double share = (double) hits / count;
                entropy -= share * Math.log(share);
            }
        }
        return new DigitsScore(
                count,
                FrechetDistance.between(statistics, reference),
                confidence / count,
                entropy,
                labelled == 0
                        ? OptionalDouble.empty()
                        : OptionalDouble.of((double) right / labelled),
                histogram.clone());
    }

    private void record(Reading reading) {
        features.add(reading.features());
        for (int i = 0; i < reading.count(); i++) {
            histogram[reading.best(i)]++;
            confidence += reading.confidence(i);
        }
    }
}
