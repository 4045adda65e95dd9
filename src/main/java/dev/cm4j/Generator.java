package dev.cm4j;

import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.ModelKind;
import dev.cm4j.sample.LabelChoice;
import dev.cm4j.sample.SampleListener;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.sample.Sampler;
import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.tensor.TensorMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;

/**
 * Answers requests with a model that somebody else owns: one from a file, or one still in training.
 *
 * @param model a consistency function, borrowed
 * @param channels C, 1 or 3
 * @param height H in pixels
 * @param width W in pixels
 * @param classes number of classes the model knows, 0 for none
 * @param grid the model's training grid, with the range of noise levels it lives on
 * @param standard the model's own lists of σ by their number of steps
 * @param kind what the model is, where that is known
 * @param turns who else works with the model; each request is one turn, on a platform thread
 */
public record Generator(
        Denoiser model,
        int channels,
        int height,
        int width,
        int classes,
        KarrasGrid grid,
        Map<Integer, List<Double>> standard,
        Optional<ModelKind> kind,
        Turns turns) {

    /** Steps of a diffusion model's sampler where no number is asked for. */
    public static final int USUAL_STEPS = 18;

    /** A generator with a model that nothing else uses meanwhile. */
    public Generator(
            Denoiser model,
            int channels,
            int height,
            int width,
            int classes,
            KarrasGrid grid,
            Map<Integer, List<Double>> standard,
            Optional<ModelKind> kind) {
        this(model, channels, height, width, classes, grid, standard, kind, Turns.apart());
    }

    /** A generator of which only the numbers are known. */
    public Generator(
            Denoiser model,
            int channels,
            int height,
            int width,
            int classes,
            KarrasGrid grid,
            Map<Integer, List<Double>> standard) {
        this(model, channels, height, width, classes, grid, standard, Optional.empty());
    }

    /**
     * The same pictures from another function, such as this one's under guidance.
     *
     * @param other takes the same pictures and labels, borrowed
     * @return a new generator
     */
    public Generator withModel(Denoiser other) {
        return with(other, turns);
    }

    /** The same pictures from another function, which needs these turns. */
    Generator with(Denoiser other, Turns needed) {
        return new Generator(other, channels, height, width, classes, grid, standard, kind, needed);
    }

    /** Noise levels the model lives on. */
    public NoiseRange range() {
        return grid.range();
    }

    /** Takes pictures batch by batch. */
    @FunctionalInterface
    public interface BatchConsumer {

        /**
         * @param first number of the first picture of the batch
         * @param images [n, C, H, W], float32 in [−1, 1]; ends when this method returns
         * @param labels class of each [n], empty where the model knows no classes
         */
        void accept(int first, Tensor images, long[] labels);
    }

    /**
     * The sampler a request means for this model.
     *
     * @param request what to generate
     * @return its own sampler; else multistep sampling at its levels or, for a diffusion model,
     *     Heun's method with its number of steps
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public Sampler sampler(Request request) {
        Objects.requireNonNull(request, "nothing is asked for: the request is null");
        for (long label : request.labels()) {
            if (classes == 0) {
                throw new IllegalArgumentException(
                        "this model knows no classes, so class " + label + " cannot be asked for");
            }
            if (label >= classes) {
                throw new IllegalArgumentException(
                        "there is no class " + label + "; this model knows 0 to " + (classes - 1));
            }
        }
        request.latents().ifPresent(this::requireFits);
        return new SamplerChoice(kind, grid, standard).of(request);
    }

    /**
     * Generates pictures without ever holding more than a batch.
     *
     * @param request what to generate
     * @param consumer takes each batch, in order
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public void generate(Request request, BatchConsumer consumer) {
        generate(request, SampleListener.NONE, consumer);
    }

    /**
     * As above, heard at each step. A batch that memory does not hold is halved.
     *
     * @param request what to generate
     * @param listener hears of each step of each batch, and may end the work
     * @param consumer takes each batch, in order
     * @throws IllegalArgumentException if levels, classes or latents do not fit the model
     * @throws java.util.concurrent.CancellationException if the listener or the request's
     *     cancellation ended the work, or the thread was interrupted, which it then still is
     */
    public void generate(Request request, SampleListener listener, BatchConsumer consumer) {
        Sampler sampler = sampler(request);
        turns.take(
                request.cancellation(),
                () -> {
                    batches(request, sampler, listener, consumer);
                    return this;
                });
    }

    private void batches(
            Request request, Sampler sampler, SampleListener listener, BatchConsumer consumer) {
        int size = request.batch();
        int first = 0;
        while (first < request.count()) {
            requireWanted(request);
            int count = Math.min(size, request.count() - first);
            if (generated(request, sampler, first, count, listener, consumer)) {
                first += count;
            } else {
                size = count / 2;
            }
        }
    }

    /** Generates a batch; false if it is too large for the memory there is. */
    private boolean generated(
            Request request,
            Sampler sampler,
            int first,
            int count,
            SampleListener listener,
            BatchConsumer consumer) {
        try (var _ = Scope.open()) {
            long[] labels = labels(request, first, count);
            Optional<Tensor> given =
                    labels.length == 0
                            ? Optional.empty()
                            : Optional.of(Tensor.of(labels, count).to(model.device()));
            SampleRequest batch =
                    SampleRequest.of(
                                    RequestNoise.of(request, first, count, model.device()),
                                    count,
                                    channels,
                                    height,
                                    width)
                            .withLabels(given)
                            .withListener(listener(request, first, count, listener));
            Tensor images;
            try {
                images = sampler.sample(model, batch);
            } catch (RuntimeException e) {
                if (count > 1 && NativeMemory.exhausted(e)) {
                    return false;
                }
                throw e;
            }
            consumer.accept(first, images, labels);
            return true;
        }
    }

    private static SampleListener listener(
            Request request, int first, int count, SampleListener also) {
        if (request.callback().isEmpty() && request.cancellation().isEmpty()) {
            return also;
        }
        return step -> {
            int index = step.step() - 1;
            if (request.callback().isPresent() && index % request.callbackSteps() == 0) {
                var end =
                        new StepEnd(
                                first,
                                count,
                                request.count(),
                                index,
                                step.steps(),
                                step.sigma(),
                                step.latents(),
                                step.denoised());
                request.callback().get().onStepEnd(end);
            }
            requireWanted(request);
            return also.finished(step);
        };
    }

    /** Ends a request that was cancelled, or whose thread was interrupted. */
    private static void requireWanted(Request request) {
        request.cancellation().ifPresent(Cancellation::check);
        if (Thread.currentThread().isInterrupted()) {
            throw TurnQueue.interrupted();
        }
    }

    private void requireFits(Latents latents) {
        if (!latents.shape().subList(1, 4).equals(List.of(channels, height, width))) {
            throw new IllegalArgumentException(
                    "%s do not fit this model, whose pictures are [%d, %d, %d]"
                            .formatted(latents, channels, height, width));
        }
    }

    /**
     * Generates pictures as bytes.
     *
     * @param request what to generate
     * @return the pictures
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public Pictures generate(Request request) {
        return generate(request, _ -> {});
    }

    /**
     * Generates pictures as bytes.
     *
     * @param request what to generate
     * @param done hears how many pictures are finished
     * @return the pictures
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public Pictures generate(Request request, IntConsumer done) {
        return generate(request, SampleListener.NONE, done);
    }

    /**
     * Generates pictures as bytes, heard at each step.
     *
     * @param request what to generate
     * @param listener hears of each step of each batch, and may end the work
     * @param done hears how many pictures are finished
     * @return the pictures
     * @throws IllegalArgumentException if levels, classes or latents do not fit the model
     * @throws java.util.concurrent.CancellationException if the listener or the request's
     *     cancellation ended the work, or the thread was interrupted, which it then still is
     */
    public Pictures generate(Request request, SampleListener listener, IntConsumer done) {
        List<Picture> pictures = new ArrayList<>();
        generate(
                request,
                listener,
                (_, images, _) -> {
                    pictures.addAll(Grid.pictures(request.pixels().toBytes(images)));
                    done.accept(pictures.size());
                });
        return new Pictures(pictures, labels(request));
    }

    /**
     * Generates pictures as a tensor, for a platform thread.
     *
     * @param request what to generate
     * @return [count, C, H, W], float32 in [−1, 1], on the model's device, owned by the innermost
     *     open {@code Scope}
     * @throws IllegalArgumentException if levels or classes do not fit the model
     * @throws IllegalStateException if no scope is open, or from a callback of the model
     */
    public Tensor tensor(Request request) {
        if (Thread.currentThread().isVirtual()) {
            throw new IllegalStateException(
                    "tensors belong to a scope, which a virtual thread cannot open; ask for"
                            + " memory(request), which any thread may read");
        }
        Scope outer = Scope.current();
        Sampler sampler = sampler(request);
        return turns.take(request.cancellation(), () -> whole(request, sampler, outer));
    }

    /**
     * Generates pictures as native memory that any thread may read: with one batch, the very memory
     * they were computed in where that is main memory.
     *
     * @param request what to generate
     * @return [count, C, H, W], float32 in [−1, 1], the caller's to close
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public TensorMemory memory(Request request) {
        Sampler sampler = sampler(request);
        return turns.take(
                request.cancellation(),
                () -> {
                    try (var scope = Scope.open()) {
                        Tensor whole = whole(request, sampler, scope);
                        return TensorMemory.of(whole.to(Device.CPU).contiguous());
                    }
                });
    }

    private Tensor whole(Request request, Sampler sampler, Scope outer) {
        try (var parts = Scope.keeper()) {
            List<Tensor> batches = new ArrayList<>();
            batches(
                    request,
                    sampler,
                    SampleListener.NONE,
                    (_, images, _) -> batches.add(images.escapeTo(parts)));
            Tensor whole = batches.size() == 1 ? batches.getFirst() : Tensor.cat(0, batches);
            return whole.escapeTo(outer);
        }
    }

    /**
     * The classes that a request gives its pictures.
     *
     * @param request what to generate
     * @return a class for each picture, empty where the model knows no classes
     */
    public long[] labels(Request request) {
        return labels(request, 0, request.count());
    }

    private long[] labels(Request request, int first, int count) {
        if (classes == 0) {
            return new long[0];
        }
        LabelChoice choice =
                request.labels().isEmpty()
                        ? new LabelChoice.Balanced(classes)
                        : new LabelChoice.Listed(request.labels());
        return choice.labels(LongStream.range(first, first + count).toArray());
    }
}
