package dev.cm4j.nn;

import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Tensor;

/**
 * Convolution, batch normalisation and ReLU of Inception-v3, the normalisation folded into the
 * weights.
 *
 * @param weight [out, in, kH, kW], lying channels last
 * @param bias [out]
 * @param stride 1 or 2
 * @param paddingHeight rows of 0 above and below
 * @param paddingWidth columns of 0 left and right
 */
record InceptionUnit(Tensor weight, Tensor bias, int stride, int paddingHeight, int paddingWidth) {

    Tensor of(Tensor x) {
        return Layers.conv2dRelu(x, weight, bias, stride, paddingHeight, paddingWidth);
    }
}
