package dev.cm4j.tensor;

import dev.cm4j.ffi.Cm4j_h;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;

/**
 * Downcalls for arithmetic, reductions and shapes; a family of operations is one function and an
 * enum.
 */
final class MathNative {
    private MathNative() {}

    enum Unary {
        NEGATE(Cm4j_h.CM_NEG()),
        ABS(Cm4j_h.CM_ABS()),
        SQUARE(Cm4j_h.CM_SQUARE()),
        SQRT(Cm4j_h.CM_SQRT()),
        EXP(Cm4j_h.CM_EXP()),
        LOG(Cm4j_h.CM_LOG()),
        TANH(Cm4j_h.CM_TANH()),
        SIGMOID(Cm4j_h.CM_SIGMOID()),
        SILU(Cm4j_h.CM_SILU()),
        RELU(Cm4j_h.CM_RELU()),
        SIN(Cm4j_h.CM_SIN()),
        COS(Cm4j_h.CM_COS()),
        RECIPROCAL(Cm4j_h.CM_RECIPROCAL()),
        FLOOR(Cm4j_h.CM_FLOOR()),
        ROUND(Cm4j_h.CM_ROUND()),
        IS_FINITE(Cm4j_h.CM_IS_FINITE());

        private final int code;
        private final String word = word(this);

        Unary(int code) {
            this.code = code;
        }
    }

    enum Binary {
        PLUS(Cm4j_h.CM_ADD()),
        MINUS(Cm4j_h.CM_SUB()),
        TIMES(Cm4j_h.CM_MUL()),
        DIVIDED_BY(Cm4j_h.CM_DIV()),
        MAXIMUM(Cm4j_h.CM_MAXIMUM()),
        MINIMUM(Cm4j_h.CM_MINIMUM()),
        POW(Cm4j_h.CM_POW()),
        EQUAL_TO(Cm4j_h.CM_EQ()),
        LESS_THAN(Cm4j_h.CM_LT()),
        LESS_OR_EQUAL(Cm4j_h.CM_LE()),
        GREATER_THAN(Cm4j_h.CM_GT()),
        GREATER_OR_EQUAL(Cm4j_h.CM_GE());

        private final int code;
        private final String word = word(this);

        Binary(int code) {
            this.code = code;
        }
    }

    enum Reduction {
        SUM(Cm4j_h.CM_SUM()),
        MEAN(Cm4j_h.CM_MEAN()),
        MAX(Cm4j_h.CM_MAX()),
        MIN(Cm4j_h.CM_MIN()),
        NORM(Cm4j_h.CM_NORM2()),
        ARG_MAX(Cm4j_h.CM_ARGMAX());

        private final int code;
        private final String word = word(this);

        Reduction(int code) {
            this.code = code;
        }
    }

    static Tensor unary(Unary op, Tensor x) {
        Scope scope = Scope.current();
        return scope.result(Cm4j_h.cm_unary(op.code, x.handle(), scope.out()), op.word, x);
    }

    static Tensor binary(Binary op, Tensor a, Tensor b) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_binary(op.code, a.handle(), b.handle(), scope.out());
        return scope.result(status, op.word, a, b);
    }

    static Tensor binary(Binary op, Tensor a, double b) {
        Scope scope = Scope.current();
        return scope.result(
                Cm4j_h.cm_binary_scalar(op.code, a.handle(), b, scope.out()), op.word, a);
    }

    static void inPlace(Binary op, Tensor a, Tensor b) {
        Scope.check(
                Cm4j_h.cm_binary_inplace(op.code, a.handle(), b.handle()),
                op.word + " in place",
                a,
                b);
    }

    static void lerp(Tensor a, Tensor b, double weight) {
        Scope.check(Cm4j_h.cm_lerp_inplace(a.handle(), b.handle(), weight), "lerp in place", a, b);
    }

    static Tensor clamp(Tensor x, double low, double high) {
        Scope scope = Scope.current();
        return scope.result(Cm4j_h.cm_clamp(x.handle(), low, high, scope.out()), "clamp", x);
    }

    static Tensor where(Tensor condition, Tensor a, Tensor b) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_where(condition.handle(), a.handle(), b.handle(), scope.out());
        return scope.result(status, "where", condition, a, b);
    }

    static Tensor reduce(Reduction op, Tensor x, boolean keep, int... dims) {
        Scope scope = Scope.current();
        MemorySegment list = scope.scratch().longs(dims);
        int status =
                Cm4j_h.cm_reduce(op.code, x.handle(), list, dims.length, keep ? 1 : 0, scope.out());
        return scope.result(status, op.word, x);
    }

    static Tensor softmax(Tensor x, int dim, boolean logarithm) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_softmax(x.handle(), dim, logarithm ? 1 : 0, scope.out());
        return scope.result(status, "softmax", x);
    }

    static Tensor matmul(Tensor a, Tensor b) {
        Scope scope = Scope.current();
        return scope.result(Cm4j_h.cm_matmul(a.handle(), b.handle(), scope.out()), "matmul", a, b);
    }

    static Tensor symmetricEigen(Tensor a, boolean vectors) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_symmetric_eigen(a.handle(), vectors ? 1 : 0, scope.out());
        return scope.result(status, "eigenvalues", a);
    }

    static Tensor reshape(Tensor x, long... shape) {
        Scope scope = Scope.current();
        MemorySegment sizes = scope.scratch().longs(shape);
        int status = Cm4j_h.cm_reshape(x.handle(), sizes, shape.length, scope.out());
        return scope.result(status, "reshape", x);
    }

    static Tensor permute(Tensor x, int... dims) {
        Scope scope = Scope.current();
        MemorySegment list = scope.scratch().longs(dims);
        return scope.result(
                Cm4j_h.cm_permute(x.handle(), list, dims.length, scope.out()), "permute", x);
    }

    static Tensor expand(Tensor x, long... shape) {
        Scope scope = Scope.current();
        MemorySegment sizes = scope.scratch().longs(shape);
        return scope.result(
                Cm4j_h.cm_expand(x.handle(), sizes, shape.length, scope.out()), "expand", x);
    }

    static Tensor narrow(Tensor x, int dim, long start, long length) {
        Scope scope = Scope.current();
        return scope.result(
                Cm4j_h.cm_narrow(x.handle(), dim, start, length, scope.out()), "narrow", x);
    }

    static Tensor cat(int dim, List<Tensor> parts) {
        Scope scope = Scope.current();
        MemorySegment handles =
                scope.scratch().handles(parts.stream().map(Tensor::handle).toList());
        int status = Cm4j_h.cm_cat(handles, parts.size(), dim, scope.out());
        return scope.result(status, "cat", parts.toArray(Tensor[]::new));
    }

    static Tensor indexSelect(Tensor x, int dim, Tensor index) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_index_select(x.handle(), dim, index.handle(), scope.out());
        return scope.result(status, "indexSelect", x, index);
    }

    static Tensor flip(Tensor x, int... dims) {
        Scope scope = Scope.current();
        MemorySegment list = scope.scratch().longs(dims);
        return scope.result(Cm4j_h.cm_flip(x.handle(), list, dims.length, scope.out()), "flip", x);
    }

    static Tensor pad2d(Tensor x, long left, long right, long top, long bottom, double value) {
        Scope scope = Scope.current();
        int status = Cm4j_h.cm_pad2d(x.handle(), left, right, top, bottom, value, scope.out());
        return scope.result(status, "pad2d", x);
    }

    private static String word(Enum<?> op) {
        return op.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
