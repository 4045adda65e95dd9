package dev.cm4j;

import dev.cm4j.data.Dataset;
import dev.cm4j.image.PixelRange;
import dev.cm4j.loss.Distance;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.Metric;
import dev.cm4j.metric.PictureScore;
import dev.cm4j.metric.PictureScorer;
import dev.cm4j.metric.Reference;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Measures pictures of any kind against a reference: FID, sFID, Inception Score, precision and
 * recall, KID, LPIPS diversity.
 *
 * <p>Pictures stream through: 50,000 of them take no more memory than 500. Borrows the extractor
 * and the distance; belongs to their thread.
 *
 * @param extractor whose features
 * @param metrics what to measure
 * @param kept features of the scored pictures kept for precision, recall and KID
 * @param reference what to compare with; may be empty where no metric compares
 * @param distance of two pictures, for {@link Metric#LPIPS}
 */
public record PictureEvaluation(
        FeatureExtractor extractor,
        Set<Metric> metrics,
        int kept,
        Optional<Reference> reference,
        Optional<? extends Distance> distance) {

    private static final int BATCH = 256; // small networks take that many best, large ones part it

    /** Features kept for precision, recall and KID where nothing else is said. */
    public static final int KEPT = 10_000;

    /**
     * @throws IllegalArgumentException if a metric needs a reference or weights that are not there
     */
    public PictureEvaluation {
        metrics = Set.copyOf(metrics);
        if (metrics.isEmpty()) {
            throw new IllegalArgumentException("an evaluation needs at least one metric");
        }
        if (reference.isEmpty() && metrics.stream().anyMatch(Metric::needsReference)) {
            throw new IllegalArgumentException(
                    "fid, sfid, pr and kid compare with a reference set, and there is none");
        }
        if (kept < 2) {
            throw new IllegalArgumentException("cannot compare " + kept + " features; keep 2");
        }
    }

    /**
     * Scores what a model makes, without touching the disk.
     *
     * @param model the model
     * @param request how many, at which noise levels, of which classes
     * @param done hears how many pictures are judged
     * @return the score, with accuracy where the model and the extractor know the same classes
     */
    public PictureScore score(Generator model, Request request, IntConsumer done) {
        PictureScorer scorer = scorer();
        boolean told = model.classes() == extractor.classes() && extractor.knowsLabels();
        model.generate(
                request,
                (first, images, labels) -> {
                    Tensor pixels = PixelRange.OPENAI.toBytes(images).to(Device.CPU);
                    scorer.add(pixels, told ? labels : new long[0]);
                    done.accept(first + (int) images.size(0));
                });
        return scorer.score(reference);
    }

    /**
     * Scores pictures that exist.
     *
     * @param pictures of a shape that the extractor can see; their labels, where the extractor
     *     knows the classes, are what they should show
     * @param count how many, spread evenly over the set
     * @param done hears how many pictures are judged
     * @return the score
     * @throws IllegalArgumentException if there are not so many, or fewer than 2 are asked for
     */
    public PictureScore score(Dataset pictures, int count, IntConsumer done) {
        if (count < 2 || count > pictures.size()) {
            throw new IllegalArgumentException(
                    "cannot score %d of %d pictures; %s"
                            .formatted(
                                    count,
                                    pictures.size(),
                                    count < 2 ? "2 is the least" : "there are no more"));
        }
        PictureScorer scorer = scorer();
        boolean told = pictures.classes() == extractor.classes() && extractor.knowsLabels();
        for (int first = 0; first < count; first += BATCH) {
            int batch = Math.min(BATCH, count - first);
            int[] rows = new int[batch];
            long[] labels = new long[told ? batch : 0];
            for (int i = 0; i < batch; i++) {
                rows[i] = (int) ((long) (first + i) * pictures.size() / count);
                if (told) {
                    labels[i] = pictures.label(rows[i]);
                }
            }
            try (var _ = Scope.open()) {
                scorer.add(pictures.pixels(rows), labels);
            }
            done.accept(first + batch);
        }
        return scorer.score(reference);
    }

    private PictureScorer scorer() {
        return new PictureScorer(extractor, metrics, kept, distance);
    }
}
