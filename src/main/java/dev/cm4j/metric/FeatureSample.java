package dev.cm4j.metric;

import java.util.Arrays;
import java.util.Random;

/**
 * As many feature vectors as memory shall hold, every vector that came being kept with the same
 * probability.
 *
 * <p>Where fewer came, all are kept. The draws have a seed of their own, so equal pictures in equal
 * order give equal samples. Source: Vitter 1985, algorithm R. One thread at a time.
 */
public final class FeatureSample {

    private static final long SEED = 0;
    private static final int FIRST_ROWS = 256;

    private final int dimension;
    private final int capacity;
    private final Random random = new Random(SEED);
    private float[] rows;
    private long seen;

    /**
     * @param dimension d, the length of a vector, positive
     * @param capacity most vectors kept, positive
     */
    public FeatureSample(int dimension, int capacity) {
        if (dimension < 1 || capacity < 1 || (long) dimension * capacity > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "cannot keep " + capacity + " vectors of " + dimension);
        }
        this.dimension = dimension;
        this.capacity = capacity;
        rows = new float[Math.min(capacity, FIRST_ROWS) * dimension];
    }

    /**
     * Adds feature vectors.
     *
     * @param features [n, d] row-major
     * @throws IllegalArgumentException if the length is no multiple of d
     */
    public void add(float[] features) {
        if (features.length % dimension != 0) {
            throw new IllegalArgumentException(
                    features.length + " numbers are no whole vectors of " + dimension);
        }
        for (int from = 0; from < features.length; from += dimension) {
            long place = seen < capacity ? seen : random.nextLong(seen + 1);
            seen++;
            if (place < capacity) {
                int to = (int) place * dimension;
                if (to == rows.length) {
                    int longer = (int) Math.min(2L * rows.length, (long) capacity * dimension);
                    rows = Arrays.copyOf(rows, longer);
                }
                System.arraycopy(features, from, rows, to, dimension);
            }
        }
    }

    /** Number of vectors kept. */
    public int count() {
        return (int) Math.min(seen, capacity);
    }

    /**
     * The vectors kept.
     *
     * @return [count, d] row-major
     */
    public float[] features() {
        return Arrays.copyOf(rows, count() * dimension);
    }
}
