package dev.cm4j.sample;

import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What to sample.
 *
 * @param shape N, C, H, W of the images
 * @param labels class of each image [N], int64, borrowed; empty for unconditional models
 * @param noise source of all randomness
 * @param clip whether every estimate of the clean image is limited to [−1, 1]; the result always is
 * @param listener hears of each step
 * @param start images to start from [N, C, H, W], borrowed; noise of the first level is added to
 *     them; empty: noise alone
 */
public record SampleRequest(
        List<Long> shape,
        Optional<Tensor> labels,
        NoiseSource noise,
        boolean clip,
        SampleListener listener,
        Optional<Tensor> start) {

    /**
     * Checks the shape.
     *
     * @throws IllegalArgumentException unless there are four positive sizes
     */
    public SampleRequest {
        shape = List.copyOf(shape);
        if (shape.size() != 4 || shape.stream().anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException(
                    "images have four positive sizes N, C, H, W, but the shape is " + shape);
        }
    }

    /**
     * Unconditional images, with clipping.
     *
     * @param noise source of all randomness
     * @param shape N, C, H, W
     * @return the request
     */
    public static SampleRequest of(NoiseSource noise, long... shape) {
        return new SampleRequest(
                Arrays.stream(shape).boxed().toList(),
                Optional.empty(),
                noise,
                true,
                SampleListener.NONE,
                Optional.empty());
    }

    /**
     * The same request for classes.
     *
     * @param of class of each image [N], int64, borrowed
     * @return a new request
     */
    public SampleRequest withLabels(Optional<Tensor> of) {
        return new SampleRequest(shape, of, noise, clip, listener, start);
    }

    /**
     * The same request with or without clipping of the estimates.
     *
     * @param clipped whether they are limited to [−1, 1]
     * @return a new request
     */
    public SampleRequest withClip(boolean clipped) {
        return new SampleRequest(shape, labels, noise, clipped, listener, start);
    }

    /**
     * The same request with a listener.
     *
     * @param heardBy hears of each step
     * @return a new request
     */
    public SampleRequest withListener(SampleListener heardBy) {
        return new SampleRequest(shape, labels, noise, clip, heardBy, start);
    }

    /**
     * The same request with other noise.
     *
     * @param source of all randomness
     * @return a new request
     */
    public SampleRequest withNoise(NoiseSource source) {
        return new SampleRequest(shape, labels, source, clip, listener, start);
    }

    /**
     * The same request from images instead of nothing.
     *
     * @param images [N, C, H, W], float32, borrowed; the sampler adds noise of its first level
     * @return a new request
     */
    public SampleRequest withStart(Tensor images) {
        return new SampleRequest(shape, labels, noise, clip, listener, Optional.of(images));
    }

    /** N, C, H, W as the tensors take them. */
    long[] sizes() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }
}
