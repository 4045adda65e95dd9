package dev.cm4j.schedule;

/**
 * The independent random streams of a run, all derived from its seed.
 *
 * <p>Every stream is counter-based: a value depends on (seed, stream, number of the sample) and on
 * nothing that ran before, so a resumed run repeats the uninterrupted one exactly, whatever the
 * batch or micro-batch size.
 *
 * @param seed the run's seed, any value
 */
public record Streams(long seed) {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /**
     * Seed of the noise added to images.
     *
     * @return a seed
     */
    public long noise() {
        return stream(1);
    }

    /**
     * Seed of the noise levels.
     *
     * @return a seed
     */
    public long times() {
        return stream(2);
    }

    /**
     * Seed of the dropout masks.
     *
     * @return a seed
     */
    public long dropout() {
        return stream(3);
    }

    /**
     * Seed of the order and flips of the training images.
     *
     * @return a seed
     */
    public long order() {
        return stream(4);
    }

    /**
     * Seed of the first weights.
     *
     * @return a seed
     */
    public long weights() {
        return stream(5);
    }

    /**
     * Seed of the class labels drawn for sampling.
     *
     * @return a seed
     */
    public long labels() {
        return stream(6);
    }

    /**
     * Seed of which training images lose their class.
     *
     * @return a seed
     */
    public long labelDropout() {
        return stream(7);
    }

    /**
     * Seed of the noise that a teacher turns into pictures for its student.
     *
     * @return a seed
     */
    public long pairs() {
        return stream(8);
    }

    /**
     * Dropout seed of the pass over a (micro-)batch; the same for student and target.
     *
     * @param firstSample number of the batch's first sample in the run
     * @return a seed
     */
    public long dropout(long firstSample) {
        return at(dropout(), firstSample);
    }

    /**
     * One uniform number of a stream for each of consecutive samples.
     *
     * @param stream a stream's seed, such as {@link #times}
     * @param firstSample number of the first sample in the run
     * @param count samples
     * @return a new array [count] of numbers in (0, 1), 53 bits each
     */
    public static double[] uniforms(long stream, long firstSample, int count) {
        var values = new double[count];
        for (int n = 0; n < count; n++) {
            values[n] = ((at(stream, firstSample + n) >>> 11) + 0.5) * 0x1p-53;
        }
        return values;
    }

    private long stream(int id) {
        return at(mix(seed + GOLDEN), id);
    }

    /** Value number n of the SplitMix64 sequence of a seed, mixed once more. */
    private static long at(long seed, long n) {
        return mix(mix(seed + (n + 1) * GOLDEN) ^ seed);
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood 2014). */
    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
