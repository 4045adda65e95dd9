package dev.cm4j.metric;

import dev.cm4j.data.Dataset;
import dev.cm4j.tensor.Scope;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * What pictures are compared with: statistics of a reference set's features, and some of the
 * features themselves.
 *
 * @param pool mean and covariance of the features
 * @param spatial the same of the spatial features, where they are known
 * @param features a sample of the features [k, d] row-major; empty where only statistics are known
 */
public record Reference(
        FeatureStatistics pool, Optional<FeatureStatistics> spatial, float[] features) {

    private static final int BATCH = 256; // small networks take that many best, large ones part it

    /**
     * @throws IllegalArgumentException if the features are no whole vectors
     */
    public Reference {
        if (features.length % pool.dimension() != 0) {
            throw new IllegalArgumentException(
                    features.length + " numbers are no whole vectors of " + pool.dimension());
        }
    }

    /** Number of features kept, k. */
    public int kept() {
        return features.length / pool.dimension();
    }

    /** The same statistics with other features. */
    Reference withFeatures(float[] others) {
        return new Reference(pool, spatial, others);
    }

    /**
     * Looks at all pictures of a data set, in memory that does not grow with their number.
     *
     * @param pictures of a shape that the extractor can see
     * @param extractor whose features
     * @param wishes what is needed of it
     * @param done hears how many pictures are seen
     * @return the reference
     * @throws IllegalArgumentException if the extractor cannot see such pictures, or there are
     *     fewer than two
     */
    public static Reference compute(
            Dataset pictures, FeatureExtractor extractor, Wishes wishes, IntConsumer done) {
        var pool = new FeatureStatistics.Accumulator(extractor.features());
        boolean places = wishes.spatial() && extractor.spatialFeatures() > 0;
        Optional<FeatureStatistics.Accumulator> spatial =
                places
                        ? Optional.of(
                                new FeatureStatistics.Accumulator(extractor.spatialFeatures()))
                        : Optional.empty();
        Optional<FeatureSample> sample =
                wishes.kept() > 0
                        ? Optional.of(new FeatureSample(extractor.features(), wishes.kept()))
                        : Optional.empty();
        for (int first = 0; first < pictures.size(); first += BATCH) {
            int count = Math.min(BATCH, pictures.size() - first);
            int[] rows = IntStream.range(first, first + count).toArray();
            try (var _ = Scope.open()) {
                Reading reading = extractor.read(pictures.pixels(rows));
                pool.add(reading.features());
                spatial.ifPresent(statistics -> statistics.add(reading.spatial()));
                sample.ifPresent(kept -> kept.add(reading.features()));
            }
            done.accept(first + count);
        }
        return new Reference(
                pool.statistics(),
                spatial.map(FeatureStatistics.Accumulator::statistics),
                sample.map(FeatureSample::features).orElseGet(() -> new float[0]));
    }

    /**
     * What is needed of a reference beside the statistics of its features.
     *
     * @param spatial statistics of the spatial features too
     * @param kept features to keep, 0 for none
     */
    public record Wishes(boolean spatial, int kept) {

        /** Statistics alone. */
        public static final Wishes STATISTICS = new Wishes(false, 0);

        /**
         * @throws IllegalArgumentException if kept is negative
         */
        public Wishes {
            if (kept < 0) {
                throw new IllegalArgumentException("cannot keep " + kept + " features");
            }
        }
    }
}
