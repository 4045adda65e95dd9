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
 */
public record SampleRequest(
        List<Long> shape,
        Optional<Tensor> labels,
        NoiseSource noise,
        boolean clip,
        SampleListener listener) {

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
                SampleListener.NONE);
    }

    /**
     * The same request for classes.
     *
     * @param of class of each image [N], int64, borrowed
     * @return a new request
     */
    public SampleRequest withLabels(Optional<Tensor> of) {
        return new SampleRequest(shape, of, noise, clip, listener);
    }

    /**
     * The same request with or without clipping of the estimates.
     *
     * @param clipped whether they are limited to [−1, 1]
     * @return a new request
     */
    public SampleRequest withClip(boolean clipped) {
        return new SampleRequest(shape, labels, noise, clipped, listener);
    }

    /**
     * The same request with a listener.
     *
     * @param heardBy hears of each step
     * @return a new request
     */
    public SampleRequest withListener(SampleListener heardBy) {
        return new SampleRequest(shape, labels, noise, clip, heardBy);
    }

    /** N, C, H, W as the tensors take them. */
    long[] sizes() {
        return shape.stream().mapToLong(Long::longValue).toArray();
    }
}
