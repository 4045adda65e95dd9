package dev.cm4j.tensor;

import java.util.Optional;

/**
 * The layers networks are made of, as functions; weights have PyTorch's shapes. Results are new
 * tensors.
 */
public final class Layers {
    private Layers() {}

    /**
     * x Wᵀ + b.
     *
     * @param x {@code [.., in]}
     * @param weight {@code [out, in]}
     * @param bias {@code [out]}
     * @return {@code [.., out]}
     */
    public static Tensor linear(Tensor x, Tensor weight, Optional<Tensor> bias) {
        return LayersNative.linear(x, weight, bias);
    }

    /**
     * Cross-correlation with zero padding.
     *
     * @param x {@code [N, in, H, W]}
     * @param weight {@code [out, in, kH, kW]}
     * @param bias {@code [out]}
     * @return {@code [N, out, (H + 2 padding - kH) / stride + 1, …]}
     */
    public static Tensor conv2d(
            Tensor x, Tensor weight, Optional<Tensor> bias, int stride, int padding) {
        return LayersNative.conv2d(x, weight, bias, stride, padding);
    }

    /**
     * {@link #conv2d} and ReLU with a padding for each direction, for networks that are not
     * trained: no gradient is recorded.
     *
     * @param x {@code [N, in, H, W]}
     * @param weight {@code [out, in, kH, kW]}; fastest where x and weight lie channels last
     * @param bias {@code [out]}
     * @param stride at least 1
     * @param paddingHeight rows of 0 above and below
     * @param paddingWidth columns of 0 left and right
     * @return {@code [N, out, …]}, not negative, lying channels last
     */
    public static Tensor conv2dRelu(
            Tensor x, Tensor weight, Tensor bias, int stride, int paddingHeight, int paddingWidth) {
        return LayersNative.conv2dRelu(x, weight, bias, stride, paddingHeight, paddingWidth);
    }

    /**
     * Each group of channels brought to mean 0 and variance 1, with float32 statistics, then scaled
     * and shifted.
     *
     * @param x {@code [N, C, ..]}
     * @param groups divides C
     * @param weight {@code [C]}
     * @param bias {@code [C]}
     * @param eps added to the variance, 1e-5 in the U-Net
     */
    public static Tensor groupNorm(Tensor x, int groups, Tensor weight, Tensor bias, double eps) {
        return LayersNative.groupNorm(x, groups, weight, bias, eps);
    }

    /**
     * softmax(q kᵀ / √width) v for each head, by plain softmax.
     *
     * @param qkv {@code [N, 3 · heads · width, T]}, channels (q, k, v) each head-major
     * @return {@code [N, heads · width, T]}
     */
    public static Tensor attention(Tensor qkv, int heads) {
        return LayersNative.attention(qkv, heads);
    }

    /** Mean of each kernel × kernel window of {@code [N, C, H, W]}; padding counts as 0. */
    public static Tensor averagePool(Tensor x, int kernel, int stride, int padding) {
        return LayersNative.pool(LayersNative.AVERAGE, x, kernel, stride, padding);
    }

    /**
     * Mean of what lies inside the picture of each kernel × kernel window of {@code [N, C, H, W]}.
     */
    public static Tensor averagePoolInside(Tensor x, int kernel, int stride, int padding) {
        return LayersNative.pool(LayersNative.AVERAGE_INSIDE, x, kernel, stride, padding);
    }

    /**
     * Largest element of each kernel × kernel window of {@code [N, C, H, W]}; padding never wins.
     */
    public static Tensor maxPool(Tensor x, int kernel, int stride, int padding) {
        return LayersNative.pool(LayersNative.MAXIMUM, x, kernel, stride, padding);
    }

    /** {@code [N, C, H, W]} to another size, each pixel from the nearest above-left. */
    public static Tensor resizeNearest(Tensor x, long height, long width) {
        return LayersNative.resize(LayersNative.NEAREST, x, height, width);
    }

    /**
     * {@code [N, C, H, W]} to another size, bilinear with half-pixel centres and no antialiasing.
     */
    public static Tensor resizeBilinear(Tensor x, long height, long width) {
        return LayersNative.resize(LayersNative.BILINEAR, x, height, width);
    }
}
