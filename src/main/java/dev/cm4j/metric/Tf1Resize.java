package dev.cm4j.metric;

import dev.cm4j.tensor.Tensor;

/**
 * Bilinear resizing as TensorFlow 1 did it, corners and half pixels left alone.
 *
 * <pre>
 *   source of i = i · n/m,   value = x[⌊source⌋] + (x[⌊source⌋ + 1] − x[⌊source⌋]) · fraction
 * </pre>
 *
 * All in float32 as there, columns before rows. Source: tensorflow/core/kernels, {@code
 * resize_bilinear_op.cc} with {@code align_corners=False, half_pixel_centers=False}.
 */
final class Tf1Resize {

    private Tf1Resize() {}

    /**
     * Resizes pictures to a square.
     *
     * @param x [N, C, H, W], float32
     * @param side of the result
     * @return [N, C, side, side], owned by the innermost open scope
     */
    static Tensor bilinear(Tensor x, int side) {
        return along(along(x, 3, side), 2, side);
    }

    private static Tensor along(Tensor x, int dim, int side) {
        int size = (int) x.size(dim);
        if (size == side) {
            return x;
        }
        float scale = (float) size / side;
        long[] lower = new long[side];
        long[] upper = new long[side];
        float[] fraction = new float[side];
        for (int i = 0; i < side; i++) {
            float source = i * scale;
            lower[i] = (long) source;
            upper[i] = Math.min(lower[i] + 1, size - 1);
            fraction[i] = source - lower[i];
        }
        long[] shape = {1, 1, 1, 1};
        shape[dim] = side;
        Tensor low = x.indexSelect(dim, Tensor.of(lower));
        Tensor high = x.indexSelect(dim, Tensor.of(upper));
        return low.plus(high.minus(low).times(Tensor.of(fraction, shape)));
    }
}
