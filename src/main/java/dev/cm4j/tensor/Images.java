package dev.cm4j.tensor;

/**
 * One pass over a batch of images where composing tensors would take several: what noise,
 * preconditioning, solvers and losses are made of. Coefficients arrive in double precision and are
 * rounded to the type of the images last. Gradients are recorded where they are enabled, but not by
 * {@link #idealMeans}.
 */
public final class Images {
    private Images() {}

    /**
     * a_n x_n.
     *
     * @param a a coefficient for each image {@code [N]}
     * @param x {@code [N, ..]}, of a floating type
     * @return shape and type of x
     * @throws IllegalArgumentException unless there is a coefficient for each image
     */
    public static Tensor scaled(double[] a, Tensor x) {
        require(a, x);
        return ImagesNative.combine(x, a);
    }

    /**
     * a_n x_n + b_n y_n.
     *
     * @param a coefficients of x {@code [N]}
     * @param x {@code [N, ..]}, of a floating type
     * @param b coefficients of y {@code [N]}
     * @param y shape and type of x
     * @return shape and type of x
     * @throws IllegalArgumentException unless there is a coefficient for each image
     */
    public static Tensor combined(double[] a, Tensor x, double[] b, Tensor y) {
        require(a, x);
        require(b, y);
        double[] both = new double[a.length + b.length];
        System.arraycopy(a, 0, both, 0, a.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return ImagesNative.combine(x, y, both);
    }

    /**
     * Mean |a − b| of each image.
     *
     * @param a {@code [N, ..]}
     * @param b shape and type of a
     * @return {@code [N]}
     */
    public static Tensor meanAbsolute(Tensor a, Tensor b) {
        return ImagesNative.distance(ImagesNative.L1, 0, a, b);
    }

    /** Mean (a − b)² of each image; otherwise as {@link #meanAbsolute}. */
    public static Tensor meanSquare(Tensor a, Tensor b) {
        return ImagesNative.distance(ImagesNative.L2, 0, a, b);
    }

    /**
     * √Σ(a − b)² of each image, with gradient 0 where a = b; otherwise as {@link #meanAbsolute}.
     */
    public static Tensor norm(Tensor a, Tensor b) {
        return ImagesNative.distance(ImagesNative.NORM, 0, a, b);
    }

    /**
     * √(Σ(a − b)² + c²) − c of each image; otherwise as {@link #meanAbsolute}.
     *
     * @param c positive
     */
    public static Tensor pseudoHuber(Tensor a, Tensor b, double c) {
        return ImagesNative.distance(ImagesNative.PSEUDO_HUBER, c, a, b);
    }

    /**
     * ‖y‖²/2 of each image.
     *
     * @param pixels {@code [K, D]}, u8, on the processor, y = pixels/127.5 − 1
     * @return {@code [K]}, float32
     */
    public static Tensor halfNorms(Tensor pixels) {
        return ImagesNative.halfNorms(pixels);
    }

    /**
     * The mean of the images that may lie behind each noisy one, weighted by how likely they do.
     *
     * <pre>
     *   Σ_k w_k y_k,   w = softmax_k(−‖x_n − y_k‖² p_n / 2),   first_n ≤ k &lt; last_n
     * </pre>
     *
     * <p>One pass over the bytes, without gradient.
     *
     * @param x noisy images {@code [N, D]}, float32
     * @param precisions p = 1/σ² of each {@code [N]}, positive and finite
     * @param ranges first and last, exclusive, of each {@code [2 N]}, none of them empty
     * @param pixels {@code [K, D]}, u8, y = pixels/127.5 − 1
     * @param halfNorms of them {@code [K]}, float32, as {@link #halfNorms} gives
     * @return {@code [N, D]}, float32
     * @throws IllegalArgumentException if the numbers do not fit each other
     */
    public static Tensor idealMeans(
            Tensor x, double[] precisions, long[] ranges, Tensor pixels, Tensor halfNorms) {
        require(precisions, x);
        if (ranges.length != 2 * precisions.length) {
            throw new IllegalArgumentException(
                    "%d ends of ranges for %d images".formatted(ranges.length, precisions.length));
        }
        return ImagesNative.idealMeans(x, precisions, ranges, pixels, halfNorms);
    }

    private static void require(double[] values, Tensor x) {
        if (x.rank() == 0 || x.size(0) != values.length) {
            throw new IllegalArgumentException(
                    "%d numbers do not match %s, which has one image for each row"
                            .formatted(values.length, x));
        }
    }
}
