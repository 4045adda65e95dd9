package dev.cm4j;

import dev.cm4j.sample.Sampler;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What to generate. Start with {@link #of} and change what matters.
 *
 * @param count number of pictures, at least 1
 * @param levels noise levels each picture passes through; more are slower and better
 * @param labels classes, handed out in turn; empty: all the model has, in turn
 * @param seed picture i depends on the seed and i alone, whatever the count and the batch
 * @param batch pictures worked on at a time, at least 1; less where memory ends
 * @param sampler takes the place of the levels; empty: what suits the model, at those levels
 */
public record Request(
        int count,
        NoiseLevels levels,
        List<Long> labels,
        long seed,
        int batch,
        Optional<Sampler> sampler) {

    private static final int BATCH = 64;

    /**
     * @throws IllegalArgumentException if count or batch is below 1 or a label negative
     */
    public Request {
        labels = List.copyOf(labels);
        if (count < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "cannot make "
                            + count
                            + " pictures in batches of "
                            + batch
                            + "; 1 is the least");
        }
        if (labels.stream().anyMatch(label -> label < 0)) {
            throw new IllegalArgumentException("classes are counted from 0, not " + labels);
        }
    }

    /** A request without a sampler of its own. */
    public Request(int count, NoiseLevels levels, List<Long> labels, long seed, int batch) {
        this(count, levels, labels, seed, batch, Optional.empty());
    }

    /**
     * The model's own steps, all classes in turn, seed 0.
     *
     * @param count number of pictures
     * @return the request
     */
    public static Request of(int count) {
        return new Request(count, new NoiseLevels.Standard(), List.of(), 0, BATCH);
    }

    /** This many evaluations of the network a picture. */
    public Request withSteps(int steps) {
        return withLevels(new NoiseLevels.Steps(steps));
    }

    /** An evaluation at each of these noise levels, falling. */
    public Request withSigmas(double... sigmas) {
        return withLevels(new NoiseLevels.Sigmas(Arrays.stream(sigmas).boxed().toList()));
    }

    /** These noise levels. */
    public Request withLevels(NoiseLevels other) {
        return new Request(count, other, labels, seed, batch, sampler);
    }

    /** These classes, handed out in turn. */
    public Request withLabels(long... classes) {
        return new Request(
                count, levels, Arrays.stream(classes).boxed().toList(), seed, batch, sampler);
    }

    /** Other pictures of the same kind. */
    public Request withSeed(long other) {
        return new Request(count, levels, labels, other, batch, sampler);
    }

    /** The same pictures, so many at a time. */
    public Request withBatch(int other) {
        return new Request(count, levels, labels, seed, other, sampler);
    }

    /** This way from noise to pictures, whatever the levels. */
    public Request withSampler(Sampler other) {
        return new Request(count, levels, labels, seed, batch, Optional.of(other));
    }
}
