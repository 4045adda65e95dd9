package dev.cm4j.metric;

import dev.cm4j.loss.Distance;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * Measures pictures against a reference, batch by batch, in memory that does not grow with their
 * number.
 *
 * <p>The pictures must come as bytes, since a score judges what a file would hold. One thread at a
 * time.
 */
public final class PictureScorer {

    private static final long SUBSET_SEED = 0;

    private final FeatureExtractor extractor;
    private final Set<Metric> metrics;
    private final FeatureStatistics.Accumulator pool;
    private final Optional<FeatureStatistics.Accumulator> spatial;
    private final Optional<FeatureSample> sample;
    private final InceptionScore clarity;
    private final Optional<LpipsDiversity> diversity;
    private final long[] histogram;
    private double confidence;
    private long count;
    private long labelled;
    private long right;

    /**
     * @param extractor whose features
     * @param metrics what to measure
     * @param kept features kept for precision, recall and KID, at least 2
     * @param distance of two pictures, needed for {@link Metric#LPIPS} only
     * @throws IllegalArgumentException if a metric lacks what it needs
     */
    public PictureScorer(
            FeatureExtractor extractor,
            Set<Metric> metrics,
            int kept,
            Optional<? extends Distance> distance) {
        this.extractor = extractor;
        this.metrics = Set.copyOf(metrics);
        if (metrics.contains(Metric.SFID) && extractor.spatialFeatures() == 0) {
            throw new IllegalArgumentException(
                    "sfid needs the spatial features of inception, not " + extractor.protocol());
        }
        if (metrics.contains(Metric.LPIPS) && distance.isEmpty()) {
            throw new IllegalArgumentException("lpips needs the weights of its network");
        }
        pool = new FeatureStatistics.Accumulator(extractor.features());
        spatial =
                metrics.contains(Metric.SFID)
                        ? Optional.of(
                                new FeatureStatistics.Accumulator(extractor.spatialFeatures()))
                        : Optional.empty();
        sample =
                metrics.stream().anyMatch(Metric::needsFeatures)
                        ? Optional.of(new FeatureSample(extractor.features(), kept))
                        : Optional.empty();
        clarity = new InceptionScore(extractor.classes(), InceptionScore.SPLIT);
        diversity =
                metrics.contains(Metric.LPIPS)
                        ? distance.map(LpipsDiversity::new)
                        : Optional.empty();
        histogram = new long[extractor.classes()];
    }

    /**
     * Adds pictures.
     *
     * @param pixels [n, C, H, W] u8, as the extractor takes them
     * @param labels the class each should show [n], or none
     * @throws IllegalArgumentException if there are labels, but not one a picture
     */
    public void add(Tensor pixels, long... labels) {
        if (labels.length > 0 && labels.length != pixels.size(0)) {
            throw new IllegalArgumentException(
                    labels.length + " labels for " + pixels.size(0) + " pictures");
        }
        Reading reading = extractor.read(pixels);
        pool.add(reading.features());
        spatial.ifPresent(statistics -> statistics.add(reading.spatial()));
        sample.ifPresent(kept -> kept.add(reading.features()));
        clarity.add(reading.probabilities());
        diversity.ifPresent(pairs -> pairs.add(pixels));
        for (int i = 0; i < reading.count(); i++) {
            histogram[reading.best(i)]++;
            confidence += reading.confidence(i);
            if (labels.length > 0) {
                labelled++;
                right += reading.best(i) == labels[i] ? 1 : 0;
            }
        }
        count += reading.count();
    }

    /**
     * Measures all pictures added so far.
     *
     * @param reference what to compare with; may be empty where no metric compares
     * @return the numbers asked for, and of a classifier that knows the labels what it reads
     * @throws IllegalArgumentException if the reference lacks what a metric needs, or there are too
     *     few pictures
     */
    public PictureScore score(Optional<Reference> reference) {
        List<PictureScore.Value> values = new ArrayList<>();
        for (Metric metric : Metric.values()) {
            if (metrics.contains(metric)) {
                measure(metric, reference, values);
            }
        }
        if (extractor.knowsLabels()) {
            read(values);
        }
        return new PictureScore(count, values);
    }

    private void measure(
            Metric metric, Optional<Reference> given, List<PictureScore.Value> values) {
        if (metric.needsReference() && given.isEmpty()) {
            throw new IllegalArgumentException(
                    metric.name().toLowerCase(Locale.ROOT) + " needs a reference set");
        }
        switch (metric) {
            case FID -> {
                FeatureStatistics known = given.orElseThrow().pool();
                put(
                        values,
                        extractor.distanceName(),
                        FrechetDistance.between(pool.statistics(), known),
                        against(known) + "; " + extractor.protocol());
            }
            case SFID -> {
                FeatureStatistics known =
                        given.orElseThrow()
                                .spatial()
                                .orElseThrow(() ->
                                        new IllegalArgumentException(
                                                "sfid needs mu_s and sigma_s in the reference"));
                put(
                        values,
                        "sfid",
                        FrechetDistance.between(spatial.orElseThrow().statistics(), known),
                        against(known) + "; 2023 spatial features of Inception-v3 (2015)");
            }
            case IS ->
                    put(
                            values,
                            "is",
                            clarity.score(),
                            String.format(
                                    Locale.ROOT,
                                    "N = %s in splits of 5,000; %d classes; %s",
                                    number(count),
                                    extractor.classes(),
                                    network()));
            case PR -> compare(given.orElseThrow(), values);
            case KID -> kernel(given.orElseThrow(), values);
            case LPIPS ->
                    put(
                            values,
                            "lpips",
                            diversity.orElseThrow().mean(),
                            "mean distance of %s pairs, LPIPS v0.1 with VGG16; higher is more varied"
                                    .formatted(number(diversity.orElseThrow().pairs())));
        }
    }

    private void compare(Reference reference, List<PictureScore.Value> values) {
        float[] made = features(reference);
        PrecisionRecall found =
                PrecisionRecall.of(
                        reference.features(),
                        made,
                        extractor.features(),
                        PrecisionRecall.NEIGHBOURS);
        String protocol = "k = 3, " + kept(reference) + "; " + network();
        put(values, "precision", found.precision(), protocol);
        put(values, "recall", found.recall(), protocol);
    }

    private void kernel(Reference reference, List<PictureScore.Value> values) {
        KernelDistance distance =
                KernelDistance.of(
                        reference.features(),
                        features(reference),
                        extractor.features(),
                        KernelDistance.SUBSETS,
                        KernelDistance.SIZE,
                        SUBSET_SEED);
        values.add(
                new PictureScore.Value(
                        "kid",
                        distance.mean(),
                        OptionalDouble.of(distance.deviation()),
                        String.format(
                                Locale.ROOT,
                                "%d subsets of %s, %s; %s",
                                distance.subsets(),
                                number(distance.size()),
                                kept(reference),
                                network())));
    }

    private void read(List<PictureScore.Value> values) {
        String protocol = "N = %s; %s".formatted(number(count), network());
        if (labelled > 0) {
            put(values, "accuracy", (double) right / labelled, protocol);
        }
        put(values, "top-probability", confidence / count, protocol);
        double entropy = 0;
        for (long hits : histogram) {
            double share = (double) hits / count;
            entropy -= hits == 0 ? 0 : share * Math.log(share);
        }
        put(
                values,
                "class-entropy",
                entropy,
                String.format(Locale.ROOT, "at most %.4f, ", Math.log(histogram.length))
                        + protocol);
    }

    private float[] features(Reference reference) {
        if (reference.kept() == 0) {
            throw new IllegalArgumentException(
                    "precision, recall and kid need pictures in the reference, not statistics"
                            + " alone");
        }
        return sample.orElseThrow().features();
    }

    private String against(FeatureStatistics known) {
        return known.count() == 0
                ? "N = %s against the file's statistics".formatted(number(count))
                : "N = %s against %s".formatted(number(count), number(known.count()));
    }

    private String kept(Reference reference) {
        return "%s of N = %s against %s"
                .formatted(
                        number(sample.orElseThrow().count()),
                        number(count),
                        number(reference.kept()));
    }

    private String network() {
        return extractor.protocol();
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static void put(
            List<PictureScore.Value> values, String name, double value, String protocol) {
        values.add(new PictureScore.Value(name, value, OptionalDouble.empty(), protocol));
    }
}
