package dev.cm4j.tensor;

import dev.cm4j.tensor.MathNative.Reduction;

/**
 * What a tensor does along dimensions, which count from 0, or from -1 backwards. Without dimensions
 * a reduction goes over all of them and gives a single number, rank 0.
 */
sealed interface Reductions permits Tensor {

    /** Sum over the dimensions, which disappear. */
    default Tensor sum(int... dims) {
        return MathNative.reduce(Reduction.SUM, (Tensor) this, false, dims);
    }

    /** Sum over the dimensions, which stay with size 1. */
    default Tensor sumKeep(int... dims) {
        return MathNative.reduce(Reduction.SUM, (Tensor) this, true, dims);
    }

    /** Mean over the dimensions, which disappear. */
    default Tensor mean(int... dims) {
        return MathNative.reduce(Reduction.MEAN, (Tensor) this, false, dims);
    }

    /** Mean over the dimensions, which stay with size 1. */
    default Tensor meanKeep(int... dims) {
        return MathNative.reduce(Reduction.MEAN, (Tensor) this, true, dims);
    }

    /** Largest element over the dimensions, which disappear. */
    default Tensor max(int... dims) {
        return MathNative.reduce(Reduction.MAX, (Tensor) this, false, dims);
    }

    /** Smallest element over the dimensions, which disappear. */
    default Tensor min(int... dims) {
        return MathNative.reduce(Reduction.MIN, (Tensor) this, false, dims);
    }

    /** Euclidean norm √Σx² over the dimensions, which disappear. */
    default Tensor norm(int... dims) {
        return MathNative.reduce(Reduction.NORM, (Tensor) this, false, dims);
    }

    /** Index of the largest element along one dimension, which disappears, {@code I64}. */
    default Tensor argMax(int dim) {
        return MathNative.reduce(Reduction.ARG_MAX, (Tensor) this, false, dim);
    }

    /** exp x / Σ exp x along one dimension. */
    default Tensor softmax(int dim) {
        return MathNative.softmax((Tensor) this, dim, false);
    }

    /** x - log Σ exp x along one dimension. */
    default Tensor logSoftmax(int dim) {
        return MathNative.softmax((Tensor) this, dim, true);
    }

    /**
     * Matrix product of the last two dimensions; those before broadcast: {@code [.., n, k] · [..,
     * k, m]}.
     */
    default Tensor matmul(Tensor other) {
        return MathNative.matmul((Tensor) this, other);
    }
}
