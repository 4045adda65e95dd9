package dev.cm4j;

import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PixelRange;
import dev.cm4j.model.ClassMix;
import dev.cm4j.model.Denoiser;
import dev.cm4j.sample.InterpolatedNoise;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.sample.SampleListener;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.sample.Sampler;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.LongStream;

/**
 * Pictures on the way from one seed to another, and from one class to another. The first frame is
 * picture 0 of the first seed and class, the last frame that of the last.
 *
 * @param fromSeed seed of the first frame
 * @param toSeed seed of the last frame
 * @param fromClass class of the first frame; without meaning for a model without classes
 * @param toClass class of the last frame
 * @param frames number of pictures, at least 2
 * @param batch pictures worked on at a time, at least 1
 */
public record Interpolation(
        long fromSeed, long toSeed, int fromClass, int toClass, int frames, int batch) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if frames is below 2, batch below 1, or a class negative
     */
    public Interpolation {
        if (frames < 2 || batch < 1) {
            throw new IllegalArgumentException(
                    "an interpolation has at least 2 frames in batches of at least 1, not %d in %d"
                            .formatted(frames, batch));
        }
        if (fromClass < 0 || toClass < 0) {
            throw new IllegalArgumentException(
                    "classes are counted from 0, not %d to %d".formatted(fromClass, toClass));
        }
    }

    /**
     * Makes the frames of one class, with any model, such as one under guidance.
     *
     * @param generator the model
     * @param sampler a sampler that suits it
     * @param listener hears of each step of each batch, and may end the work
     * @return the frames in order
     * @throws IllegalArgumentException if the class is not the model's, or there are two
     */
    public Pictures of(Generator generator, Sampler sampler, SampleListener listener) {
        if (generator.classes() > 0 && fromClass != toClass) {
            throw new IllegalArgumentException(
                    "the way from class %d to %d needs the network itself; open it as a pipeline"
                            .formatted(fromClass, toClass));
        }
        requireClasses(generator);
        return turn(
                generator, () -> frames(generator, generator.model(), false, sampler, listener));
    }

    /**
     * Makes the frames; between two classes their embeddings are mixed.
     *
     * @param pipeline the model
     * @param sampler a sampler that suits it
     * @param listener hears of each step of each batch, and may end the work
     * @return the frames in order
     * @throws IllegalArgumentException if a class is not the model's
     */
    public Pictures of(ConsistencyPipeline pipeline, Sampler sampler, SampleListener listener) {
        Generator generator = pipeline.generator();
        requireClasses(generator);
        if (generator.classes() == 0 || fromClass == toClass) {
            return of(generator, sampler, listener);
        }
        return turn(
                generator,
                () -> {
                    double[] shares = shares(0, frames);
                    try (var mix = ClassMix.between(pipeline.model(), fromClass, toClass, shares)) {
                        return frames(generator, mix, true, sampler, listener);
                    }
                });
    }

    private static Pictures turn(Generator generator, Supplier<Pictures> work) {
        return generator.turns().take(Optional.empty(), work);
    }

    private Pictures frames(
            Generator generator,
            Denoiser model,
            boolean mixed,
            Sampler sampler,
            SampleListener listener) {
        List<Picture> pictures = new ArrayList<>();
        for (int first = 0; first < frames; first += batch) {
            int count = Math.min(batch, frames - first);
            long[] zeros = new long[count];
            try (var _ = Scope.open()) {
                long[] labels = zeros.clone();
                Arrays.setAll(labels, i -> fromClass);
                if (mixed) {
                    labels = LongStream.range(first, first + count).toArray();
                }
                var noise =
                        new InterpolatedNoise(
                                new PerImageNoise(fromSeed, zeros).on(model.device()),
                                new PerImageNoise(toSeed, zeros).on(model.device()),
                                shares(first, count));
                var request =
                        SampleRequest.of(
                                        noise,
                                        count,
                                        generator.channels(),
                                        generator.height(),
                                        generator.width())
                                .withListener(listener)
                                .withLabels(
                                        generator.classes() == 0
                                                ? Optional.empty()
                                                : Optional.of(
                                                        Tensor.of(labels, count)
                                                                .to(model.device())));
                Tensor images = sampler.sample(model, request);
                pictures.addAll(Grid.pictures(PixelRange.OPENAI.toBytes(images)));
            }
        }
        return new Pictures(pictures, new long[0]);
    }

    private double[] shares(int first, int count) {
        var shares = new double[count];
        Arrays.setAll(shares, i -> (double) (first + i) / (frames - 1));
        return shares;
    }

    private void requireClasses(Generator generator) {
        int highest = Math.max(fromClass, toClass);
        if (highest > 0 && highest >= generator.classes()) {
            throw new IllegalArgumentException(
                    generator.classes() == 0
                            ? "this model knows no classes, so class %d cannot be asked for"
                                    .formatted(highest)
                            : "there is no class %d; this model knows 0 to %d"
                                    .formatted(highest, generator.classes() - 1));
        }
    }
}
