package dev.cm4j;

import dev.cm4j.image.PixelRange;
import dev.cm4j.sample.NoiseSource;
import dev.cm4j.sample.Sampler;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What to generate. Start with {@link #of} and change what matters.
 *
 * @param count number of pictures, at least 1
 * @param levels noise levels each picture passes through; more are slower and better
 * @param labels classes, handed out in turn; empty: all the model has, in turn
 * @param seed picture i depends on the seed and i alone, whatever the count and the batch
 * @param batch pictures worked on at a time, at least 1; less where memory ends
 * @param sampler takes the place of the levels; empty: what suits the model, at those levels
 * @param noise all randomness in place of the seed's; asked batch by batch, on the thread that
 *     samples
 * @param latents the noise to start from in place of the seed's, a row for each picture
 * @param pixels how values become bytes
 * @param callback hears of steps
 * @param callbackSteps every how many steps of a batch it does, the first included; at least 1
 * @param cancellation may end the request before its end
 */
public record Request(
        int count,
        NoiseLevels levels,
        List<Long> labels,
        long seed,
        int batch,
        Optional<Sampler> sampler,
        Optional<NoiseSource> noise,
        Optional<Latents> latents,
        PixelRange pixels,
        Optional<StepCallback> callback,
        int callbackSteps,
        Optional<Cancellation> cancellation) {

    private static final int BATCH = 64;

    /**
     * @throws IllegalArgumentException if count, batch or callbackSteps is below 1, a label
     *     negative, or there is not one row of latents for each picture
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
        if (latents.isPresent() && latents.get().shape().getFirst() != count) {
            throw new IllegalArgumentException(
                    latents.get() + " do not start " + count + " pictures; one row each does");
        }
        if (callbackSteps < 1) {
            throw new IllegalArgumentException(
                    "a callback comes every 1 or more steps, not every " + callbackSteps);
        }
    }

    /**
     * Pictures of a seed, with nobody listening.
     *
     * @param count number of pictures, at least 1
     * @param levels noise levels each picture passes through
     * @param labels classes, handed out in turn; empty: all the model has, in turn
     * @param seed picture i depends on the seed and i alone
     * @param batch pictures worked on at a time, at least 1
     */
    public Request(int count, NoiseLevels levels, List<Long> labels, long seed, int batch) {
        this(
                count,
                levels,
                labels,
                seed,
                batch,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                PixelRange.OPENAI,
                Optional.empty(),
                1,
                Optional.empty());
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

    /**
     * This many evaluations of the network a picture, at the levels the model does best with. What
     * was said of levels before, in whatever way, no longer counts; so with each of the next four.
     */
    public Request withSteps(int steps) {
        return withLevels(new NoiseLevels.Steps(steps));
    }

    /**
     * This many evaluations of the network a picture, at the levels of diffusers: its {@code
     * num_inference_steps}.
     */
    public Request withNumInferenceSteps(int steps) {
        return withLevels(new NoiseLevels.InferenceSteps(steps));
    }

    /**
     * An evaluation at each of these indices of the model's training grid, falling to 0 such as 22,
     * 0: the {@code timesteps} of diffusers.
     */
    public Request withTimesteps(int... timesteps) {
        return withLevels(new NoiseLevels.GridTimesteps(Arrays.stream(timesteps).boxed().toList()));
    }

    /** An evaluation at each of these noise levels, falling. */
    public Request withSigmas(double... sigmas) {
        return withLevels(new NoiseLevels.Sigmas(Arrays.stream(sigmas).boxed().toList()));
    }

    /** These noise levels. */
    public Request withLevels(NoiseLevels other) {
        return with(draft -> draft.levels = other);
    }

    /** This way from noise to pictures, whatever the levels. */
    public Request withSampler(Sampler other) {
        return with(draft -> draft.sampler = Optional.of(other));
    }

    /** These classes, handed out in turn. */
    public Request withLabels(long... classes) {
        return with(draft -> draft.labels = Arrays.stream(classes).boxed().toList());
    }

    /** As {@link #withLabels}, by its name in diffusers. */
    public Request withClassLabels(long... classes) {
        return withLabels(classes);
    }

    /** Other pictures of the same kind. */
    public Request withSeed(long other) {
        return with(draft -> draft.seed = other);
    }

    /** The same pictures, so many at a time. */
    public Request withBatch(int other) {
        return with(draft -> draft.batch = other);
    }

    /**
     * All randomness from here. A source with a stream gives other pictures in other batches.
     *
     * @param source asked for [n, C, H, W], n the pictures of the batch in hand
     */
    public Request withNoise(NoiseSource source) {
        return with(draft -> draft.noise = Optional.of(source));
    }

    /**
     * All randomness from a stream, drawn as diffusers draws from its {@code generator}: the start
     * where no latents are given, then a draw a step where there are several.
     *
     * @param stream borrowed while the request is answered; goes on from one to the next
     */
    public Request withGenerator(Rng stream) {
        return withNoise((_, shape) -> stream.normal(shape));
    }

    /** Starts from this noise. */
    public Request withLatents(Latents start) {
        return with(draft -> draft.latents = Optional.of(start));
    }

    /**
     * Starts from this noise.
     *
     * @param start [count, C, H, W], standard normal; copied
     */
    public Request withLatents(Tensor start) {
        return withLatents(Latents.of(start));
    }

    /** Makes bytes of values by another rule. */
    public Request withPixels(PixelRange rule) {
        return with(draft -> draft.pixels = rule);
    }

    /** Tells of every step. */
    public Request withCallbackOnStepEnd(StepCallback hears) {
        return with(draft -> draft.callback = Optional.of(hears));
    }

    /** Tells of steps 0, n, 2n, … of each batch only. */
    public Request withCallbackSteps(int every) {
        return with(draft -> draft.callbackSteps = every);
    }

    /** May be ended by this. */
    public Request withCancellation(Cancellation by) {
        return with(draft -> draft.cancellation = Optional.of(by));
    }

    private Request with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return draft.request();
    }

    /** A request while one part of it changes. */
    private static final class Draft {
        private final int count;
        private NoiseLevels levels;
        private List<Long> labels;
        private long seed;
        private int batch;
        private Optional<Sampler> sampler;
        private Optional<NoiseSource> noise;
        private Optional<Latents> latents;
        private PixelRange pixels;
        private Optional<StepCallback> callback;
        private int callbackSteps;
        private Optional<Cancellation> cancellation;

        Draft(Request from) {
            count = from.count;
            levels = from.levels;
            labels = from.labels;
            seed = from.seed;
            batch = from.batch;
            sampler = from.sampler;
            noise = from.noise;
            latents = from.latents;
            pixels = from.pixels;
            callback = from.callback;
            callbackSteps = from.callbackSteps;
            cancellation = from.cancellation;
        }

        Request request() {
            return new Request(
                    count,
                    levels,
                    labels,
                    seed,
                    batch,
                    sampler,
                    noise,
                    latents,
                    pixels,
                    callback,
                    callbackSteps,
                    cancellation);
        }
    }
}
