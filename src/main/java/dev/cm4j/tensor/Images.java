package dev.cm4j.tensor;

/**
 * One pass over a batch of images where composing tensors would take several: what noise,
 * preconditioning, solvers and losses are made of. Coefficients arrive in double precision and are
 * rounded to the type of the images last. Gradients are recorded where they are enabled.
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

    private static void require(double[] values, Tensor x) {
        if (x.rank() == 0 || x.size(0) != values.length) {
            throw new IllegalArgumentException(
                    "%d numbers do not match %s, which has one image for each row"
                            .formatted(values.length, x));
        }
    }
}
