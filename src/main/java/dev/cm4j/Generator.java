package dev.cm4j;

import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PixelRange;
import dev.cm4j.model.Denoiser;
import dev.cm4j.sample.LabelChoice;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
 * @param range noise levels the model lives on
 * @param standard the model's own lists of σ by their number of steps
 */
public record Generator(
        Denoiser model,
        int channels,
        int height,
        int width,
        int classes,
        NoiseRange range,
        Map<Integer, List<Double>> standard) {

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
     * @return its sampler, which names the noise levels
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public MultistepSampler sampler(Request request) {
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
        return request.levels().sampler(standard, range);
    }

    /**
     * Generates pictures without ever holding more than a batch.
     *
     * @param request what to generate
     * @param consumer takes each batch, in order
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public void generate(Request request, BatchConsumer consumer) {
        MultistepSampler sampler = sampler(request);
        for (int first = 0; first < request.count(); first += request.batch()) {
            int count = Math.min(request.batch(), request.count() - first);
            try (var _ = Scope.open()) {
                long[] labels = labels(request, first, count);
                Optional<Tensor> given =
                        labels.length == 0
                                ? Optional.empty()
                                : Optional.of(Tensor.of(labels, count));
                SampleRequest batch =
                        SampleRequest.of(
                                        PerImageNoise.range(request.seed(), first, count),
                                        count,
                                        channels,
                                        height,
                                        width)
                                .withLabels(given);
                consumer.accept(first, sampler.sample(model, batch), labels);
            }
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
        List<Picture> pictures = new ArrayList<>();
        generate(
                request,
                (_, images, _) -> {
                    pictures.addAll(Grid.pictures(PixelRange.OPENAI.toBytes(images)));
                    done.accept(pictures.size());
                });
        return new Pictures(pictures, labels(request, 0, request.count()));
    }

    /**
     * Generates pictures as a tensor.
     *
     * @param request what to generate
     * @return [count, C, H, W], float32 in [−1, 1], owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if levels or classes do not fit the model
     */
    public Tensor tensor(Request request) {
        Scope outer = Scope.current();
        try (var parts = Scope.keeper()) {
            List<Tensor> batches = new ArrayList<>();
            generate(request, (_, images, _) -> batches.add(images.escapeTo(parts)));
            return Tensor.cat(0, batches).escapeTo(outer);
        }
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
