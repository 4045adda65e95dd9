package dev.cm4j.tensor;

/** Other arrangements of a tensor's elements. Dimensions count from 0, or from -1 backwards. */
sealed interface Shaping permits Tensor {

    /**
     * Another shape of as many elements; one size may be -1 and follows from the others. A view
     * where possible.
     */
    default Tensor reshape(long... shape) {
        return MathNative.reshape((Tensor) this, shape);
    }

    /**
     * The dimensions in another order: {@code [N, C, H, W]} with (0, 2, 3, 1) is {@code [N, H, W,
     * C]}. A view.
     */
    default Tensor permute(int... dims) {
        return MathNative.permute((Tensor) this, dims);
    }

    /**
     * Dimensions of size 1, and new leading ones, repeated to this shape; -1 keeps a size. A view.
     */
    default Tensor expand(long... shape) {
        return MathNative.expand((Tensor) this, shape);
    }

    /** Elements start … start + length - 1 of a dimension. A view. */
    default Tensor narrow(int dim, long start, long length) {
        return MathNative.narrow((Tensor) this, dim, start, length);
    }

    /** One element of a dimension, which disappears. A view. */
    default Tensor select(int dim, long index) {
        return MathNative.narrow((Tensor) this, dim, index, 1).squeeze(dim);
    }

    /** A dimension of size 1 removed. A view. */
    default Tensor squeeze(int dim) {
        Tensor self = (Tensor) this;
        long[] shape = self.shape();
        if (self.size(dim) != 1) {
            throw new IllegalArgumentException("dimension " + dim + " of " + self + " is not 1");
        }
        int at = dim < 0 ? dim + shape.length : dim;
        long[] smaller = new long[shape.length - 1];
        System.arraycopy(shape, 0, smaller, 0, at);
        System.arraycopy(shape, at + 1, smaller, at, smaller.length - at);
        return MathNative.reshape(self, smaller);
    }

    /** A new dimension of size 1 before the given one; -1 after the last. A view. */
    default Tensor unsqueeze(int dim) {
        Tensor self = (Tensor) this;
        long[] shape = self.shape();
        int at = dim < 0 ? dim + shape.length + 1 : dim;
        if (at < 0 || at > shape.length) {
            throw new IndexOutOfBoundsException("new dimension " + dim + " of " + self);
        }
        long[] larger = new long[shape.length + 1];
        System.arraycopy(shape, 0, larger, 0, at);
        larger[at] = 1;
        System.arraycopy(shape, at, larger, at + 1, shape.length - at);
        return MathNative.reshape(self, larger);
    }

    /** The listed elements of a dimension. The index is {@code I64 [k]}. */
    default Tensor indexSelect(int dim, Tensor index) {
        return MathNative.indexSelect((Tensor) this, dim, index);
    }

    /** The elements of the dimensions in reverse. A copy. */
    default Tensor flip(int... dims) {
        return MathNative.flip((Tensor) this, dims);
    }

    /**
     * The last two dimensions enlarged by a border of one value: {@code [.., t + H + b, l + W +
     * r]}.
     */
    default Tensor pad2d(long left, long right, long top, long bottom, double value) {
        return MathNative.pad2d((Tensor) this, left, right, top, bottom, value);
    }
}
