package dev.cm4j;

import dev.cm4j.data.Dataset;
import dev.cm4j.data.MnistIdx;
import dev.cm4j.data.Split;
import dev.cm4j.image.PixelRange;
import dev.cm4j.metric.DigitsScore;
import dev.cm4j.metric.DigitsScorer;
import dev.cm4j.metric.FeatureStatistics;
import dev.cm4j.metric.LenetClassifier;
import dev.cm4j.metric.ReferenceStatistics;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.IntConsumer;

/**
 * Scores digits against the MNIST training set: {@code fid-digits}, legibility, variety and, for
 * classes, obedience.
 *
 * <p>Owns nothing native; use it on one thread.
 */
public final class DigitsEvaluation {

    private static final int BATCH = 500;

    private final LenetClassifier classifier;
    private final FeatureStatistics reference;
    private final String fingerprint;
    private final Path mnist;

    private DigitsEvaluation(
            LenetClassifier classifier,
            FeatureStatistics reference,
            String fingerprint,
            Path mnist) {
        this.classifier = classifier;
        this.reference = reference;
        this.fingerprint = fingerprint;
        this.mnist = mnist;
    }

    /**
     * Prepares the judge and its reference; the first time this reads 60,000 digits.
     *
     * @param mnist folder with the four MNIST files
     * @param weights the LeNet-5 state dict
     * @param cache folder where the reference statistics are kept
     * @return the evaluation
     */
    public static DigitsEvaluation open(Path mnist, Path weights, Path cache) {
        LenetClassifier classifier = LenetClassifier.open(weights);
        try (Dataset training = MnistIdx.open(mnist, Split.TRAIN)) {
            return new DigitsEvaluation(
                    classifier,
                    ReferenceStatistics.of(training, classifier, cache),
                    training.fingerprint(),
                    mnist);
        }
    }

    /**
     * Scores what a model makes.
     *
     * @param model the model
     * @param request how many, at which noise levels, of which classes
     * @param done hears how many pictures are judged
     * @return the score, with accuracy where the model knows classes
     */
    public DigitsScore score(Generator model, Request request, IntConsumer done) {
        requireDigits(model.channels(), model.height(), model.width(), "the model's");
        var scorer = new DigitsScorer(classifier, reference);
        model.generate(
                request,
                (first, images, labels) -> {
                    Tensor pixels = PixelRange.OPENAI.toBytes(images).to(Device.CPU);
                    if (labels.length == 0) {
                        scorer.add(pixels);
                    } else {
                        scorer.add(pixels, labels);
                    }
                    done.accept(first + (int) images.size(0));
                });
        return scorer.score();
    }

    /**
     * Scores pictures that exist.
     *
     * @param pictures grey digits; their labels, where they have some, are what they should show
     * @param count how many, spread evenly over the set
     * @param done hears how many pictures are judged
     * @return the score
     * @throws IllegalArgumentException if they are no grey digits, or fewer than 2 are asked for
     */
    public DigitsScore score(Dataset pictures, int count, IntConsumer done) {
        requireDigits(pictures.channels(), pictures.height(), pictures.width(), "the");
        if (count < 2 || count > pictures.size()) {
            throw new IllegalArgumentException(
                    "cannot score %d of %d pictures; %s"
                            .formatted(
                                    count,
                                    pictures.size(),
                                    count < 2 ? "2 is the least" : "there are no more"));
        }
        var scorer = new DigitsScorer(classifier, reference);
        for (int first = 0; first < count; first += BATCH) {
            int batch = Math.min(BATCH, count - first);
            int[] rows = new int[batch];
            long[] labels = new long[batch];
            for (int i = 0; i < batch; i++) {
                rows[i] = (int) ((long) (first + i) * pictures.size() / count);
                labels[i] = pictures.classes() > 0 ? pictures.label(rows[i]) : -1;
            }
            try (var _ = Scope.open()) {
                Tensor pixels = pictures.pixels(rows);
                if (pictures.classes() > 0) {
                    scorer.add(pixels, labels);
                } else {
                    scorer.add(pixels);
                }
            }
            done.accept(first + batch);
        }
        return scorer.score();
    }

    /**
     * What real digits score: the MNIST test set, or as many of it spread evenly.
     *
     * @param count pictures in the score it stands beside
     * @return the score of min(count, 10,000) test digits
     */
    public DigitsScore baseline(long count) {
        try (Dataset test = MnistIdx.open(mnist, Split.TEST)) {
            return score(test, (int) Math.min(count, test.size()), _ -> {});
        }
    }

    /** Which reference: number of training digits, and hashes of the data and of the classifier. */
    public String reference() {
        return String.format(
                Locale.ROOT,
                "%,d training digits %s, classifier %s",
                reference.count(),
                fingerprint.substring(0, Math.min(12, fingerprint.length())),
                classifier.sha256().substring(0, 12));
    }

    private static void requireDigits(int channels, int height, int width, String whose) {
        boolean square = height == width && height >= LenetClassifier.SIDE && height % 2 == 0;
        if (channels != 1 || !square) {
            throw new IllegalArgumentException(
                    "fid-digits judges grey digits of 28x28 pixels; %s pictures are %dx%dx%d"
                            .formatted(whose, channels, height, width));
        }
    }
}
