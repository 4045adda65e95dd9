package dev.cm4j.sample;

import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Noise that belongs to the image: it depends on (seed, number of the image, draw) alone, so an
 * image does not change with the batch it is made in. The default source.
 */
public final class PerImageNoise implements NoiseSource {

    private final long seed;
    private final long[] images;
    private final Device device;

    /**
     * Noise for images of any numbers.
     *
     * @param seed chooses the family of images
     * @param images number of each image of the batch
     */
    public PerImageNoise(long seed, long... images) {
        this(seed, images.clone(), Device.CPU);
    }

    private PerImageNoise(long seed, long[] images, Device device) {
        this.seed = seed;
        this.images = images;
        this.device = device;
    }

    /**
     * The same noise on another device.
     *
     * @param other where it shall be made
     * @return a source of equal numbers
     */
    public PerImageNoise on(Device other) {
        return new PerImageNoise(seed, images, other);
    }

    /**
     * Noise for consecutive images.
     *
     * @param seed chooses the family of images
     * @param first number of the first image
     * @param count images in the batch
     * @return the source
     */
    public static PerImageNoise range(long seed, long first, int count) {
        return new PerImageNoise(seed, LongStream.range(first, first + count).toArray());
    }

    @Override
    public Tensor normal(int draw, long... shape) {
        if (shape.length == 0 || shape[0] != images.length) {
            throw new IllegalArgumentException(
                    "noise for %d images cannot have the shape %s"
                            .formatted(images.length, Arrays.toString(shape)));
        }
        return Noise.normal(device, seed, images, draw, Arrays.copyOfRange(shape, 1, shape.length));
    }

    @Override
    public void skip(int draw, long... shape) {}
}
