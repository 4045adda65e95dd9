package dev.cm4j.tensor;

import dev.cm4j.ffi.Cm4j_h;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Downcalls for the layers of a network. */
final class LayersNative {
    static final int AVERAGE = Cm4j_h.CM_POOL_AVERAGE();
    static final int AVERAGE_INSIDE = Cm4j_h.CM_POOL_AVERAGE_INSIDE();
    static final int MAXIMUM = Cm4j_h.CM_POOL_MAX();
    static final int NEAREST = Cm4j_h.CM_NEAREST();
    static final int BILINEAR = Cm4j_h.CM_BILINEAR();

    private LayersNative() {}

    static Tensor linear(Tensor x, Tensor weight, Optional<Tensor> bias) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_linear(x.handle(), weight.handle(), orNull(bias), scope.out());
        return scope.result(status, "linear", x, weight);
    }

    static Tensor conv2d(Tensor x, Tensor weight, Optional<Tensor> bias, int stride, int padding) {
        Scope scope = Scope.current();
        int status =
                Cm4j_h.cm_conv2d(
                        x.handle(), weight.handle(), orNull(bias), stride, padding, scope.out());
        return scope.result(status, "conv2d", x, weight);
    }

    static Tensor conv2dRelu(
            Tensor x, Tensor weight, Tensor bias, int stride, int paddingHeight, int paddingWidth) {
        Scope scope = Scope.current();
        int status =
                Cm4j_h.cm_conv2d_relu(
                        x.handle(),
                        weight.handle(),
                        bias.handle(),
                        stride,
                        paddingHeight,
                        paddingWidth,
                        scope.out());
        return scope.result(status, "conv2dRelu", x, weight, bias);
    }

    static Tensor groupNorm(Tensor x, int groups, Tensor weight, Tensor bias, double eps) {
        Scope scope = Scope.current();
        int status =
                Cm4j_h.cm_group_norm(
                        x.handle(), groups, weight.handle(), bias.handle(), eps, scope.out());
        return scope.result(status, "groupNorm", x, weight, bias);
    }

    static Tensor attention(Tensor qkv, int heads) {
        Scope scope = Scope.current();
        return scope.result(
                Cm4j_h.cm_attention(qkv.handle(), heads, scope.out()), "attention", qkv);
    }

    static Tensor pool(int kind, Tensor x, int kernel, int stride, int padding) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_pool2d(kind, x.handle(), kernel, stride, padding, scope.out());
        return scope.result(status, "pool", x);
    }

    static Tensor resize(int kind, Tensor x, long height, long width) {
        Scope scope = Scope.current();
        return scope.result(
                Cm4j_h.cm_resize2d(kind, x.handle(), height, width, scope.out()), "resize", x);
    }

    private static MemorySegment orNull(Optional<Tensor> tensor) {
        return tensor.map(Tensor::handle).orElse(MemorySegment.NULL);
    }
}
