package dev.cm4j.tensor;

/**
 * Noise without a state: the numbers of an image depend on the seed, the image and the draw alone,
 * whatever the batch it is in, the number of threads and the machine. Hence exact resume, and one
 * seed for one picture.
 *
 * <p>Source: Salmon et al. 2011, Philox4x32-10; normal numbers by Box and Muller 1958.
 */
public final class Noise {
    private Noise() {}

    /**
     * Standard normal numbers, {@code F32}.
     *
     * @param seed of the whole run
     * @param images what tells one image from another, for each row
     * @param draw what tells one use from another: the step of a sampler, the purpose of a draw
     * @param imageShape shape of one row
     * @return {@code [images.length, imageShape..]}
     */
    public static Tensor normal(long seed, long[] images, int draw, long... imageShape) {
        return fill(RandomNative.NORMAL, seed, images, draw, imageShape);
    }

    /** As {@link #normal}, uniform numbers of [0, 1) with 24 bits each. */
    public static Tensor uniform(long seed, long[] images, int draw, long... imageShape) {
        return fill(RandomNative.UNIFORM, seed, images, draw, imageShape);
    }

    /**
     * As {@link #normal}, made on a device; the same bits on each.
     *
     * @param device where the numbers shall lie
     */
    public static Tensor normal(
            Device device, long seed, long[] images, int draw, long... imageShape) {
        if (!device.isCuda()) {
            return normal(seed, images, draw, imageShape);
        }
        Tensor noise = TensorNative.empty(DType.F32, device, shape(images, imageShape));
        RandomNative.noise(RandomNative.NORMAL, seed, images, draw, noise);
        return noise;
    }

    private static long[] shape(long[] images, long[] imageShape) {
        long[] shape = new long[imageShape.length + 1];
        shape[0] = images.length;
        System.arraycopy(imageShape, 0, shape, 1, imageShape.length);
        return shape;
    }

    private static Tensor fill(int kind, long seed, long[] images, int draw, long[] imageShape) {
        Tensor noise = Tensor.empty(DType.F32, shape(images, imageShape));
        RandomNative.noise(kind, seed, images, draw, noise);
        return noise;
    }
}
