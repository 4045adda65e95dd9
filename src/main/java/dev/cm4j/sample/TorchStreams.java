package dev.cm4j.sample;

import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The deterministic generators of the original sampling script, on PyTorch's CPU streams.
 *
 * <p>{@link #perSample} is its {@code determ-indiv}: sample i has its own stream, seeded with i +
 * samples · seed. {@link #shared} is its {@code determ}: one stream draws rows for all samples, of
 * which a batch keeps its own.
 *
 * <p>Batches follow each other: {@link #done} says how many samples are finished.
 */
public final class TorchStreams implements NoiseSource, AutoCloseable {

    private final boolean shared;
    private final int samples;
    private final long seed;
    private final Map<Integer, Rng> streams = new HashMap<>();
    private int done;

    private TorchStreams(boolean shared, int samples, long seed) {
        if (samples < 1) {
            throw new IllegalArgumentException("samples must be at least 1, but is " + samples);
        }
        this.shared = shared;
        this.samples = samples;
        this.seed = seed;
    }

    /**
     * One stream for each sample.
     *
     * @param samples number of samples of the whole run
     * @param seed the run's seed
     * @return the streams, to be closed
     */
    public static TorchStreams perSample(int samples, long seed) {
        return new TorchStreams(false, samples, seed);
    }

    /**
     * One stream for all samples.
     *
     * @param samples number of samples of the whole run
     * @param seed the run's seed
     * @return the stream, to be closed
     */
    public static TorchStreams shared(int samples, long seed) {
        return new TorchStreams(true, samples, seed);
    }

    /**
     * Moves on to a later batch. The shared stream starts again, as in the original.
     *
     * @param count samples finished, 0 … samples
     */
    public void done(int count) {
        if (count < 0 || count > samples) {
            throw new IllegalArgumentException(
                    "%d of %d samples cannot be done".formatted(count, samples));
        }
        done = count;
        if (shared && streams.containsKey(0)) {
            streams.get(0).seed(seed);
        }
    }

    /** {@inheritDoc} The number of the draw is not used: streams go on from call to call. */
    @Override
    public Tensor normal(int draw, long... shape) {
        return rows(shape, Rng::normal);
    }

    /**
     * Uniform integers, such as class labels.
     *
     * @param low smallest value
     * @param high largest value + 1
     * @param shape [N, …]
     * @return int64 tensor of this shape
     */
    public Tensor integers(long low, long high, long... shape) {
        return rows(shape, (stream, of) -> stream.integers(low, high, of));
    }

    @Override
    public void close() {
        streams.values().forEach(Rng::close);
        streams.clear();
    }

    private interface Draw {
        Tensor of(Rng stream, long... shape);
    }

    private Tensor rows(long[] shape, Draw draw) {
        var count = Math.toIntExact(shape[0]);
        var part = shape.clone();
        if (shared) {
            if (done + count > samples) {
                throw new IllegalArgumentException(
                        "samples %d to %d were asked of %d"
                                .formatted(done, done + count - 1, samples));
            }
            part[0] = samples;
            return draw.of(stream(0, seed), part).narrow(0, done, count);
        }
        part[0] = 1;
        var rows = new ArrayList<Tensor>(count);
        for (int row = 0; row < count; row++) {
            var i = Math.min(done + row, samples - 1); // the original repeats the last one
            rows.add(draw.of(stream(i, i + samples * seed), part));
        }
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("no rows in the shape " + Arrays.toString(shape));
        }
        return Tensor.cat(0, rows);
    }

    private Rng stream(int i, long streamSeed) {
        return streams.computeIfAbsent(i, _ -> Rng.seeded(streamSeed));
    }
}
