package dev.cm4j.tensor;

import dev.cm4j.tensor.MathNative.Binary;
import dev.cm4j.tensor.MathNative.Unary;

/**
 * What a tensor does element by element; two operands broadcast as in PyTorch. Results are new
 * tensors.
 */
sealed interface Elementwise permits Tensor {

    /** a + b. */
    default Tensor plus(Tensor other) {
        return MathNative.binary(Binary.PLUS, (Tensor) this, other);
    }

    /** a + value. */
    default Tensor plus(double value) {
        return MathNative.binary(Binary.PLUS, (Tensor) this, value);
    }

    /** a - b. */
    default Tensor minus(Tensor other) {
        return MathNative.binary(Binary.MINUS, (Tensor) this, other);
    }

    /** a - value. */
    default Tensor minus(double value) {
        return MathNative.binary(Binary.MINUS, (Tensor) this, value);
    }

    /** a · b. */
    default Tensor times(Tensor other) {
        return MathNative.binary(Binary.TIMES, (Tensor) this, other);
    }

    /** a · value. */
    default Tensor times(double value) {
        return MathNative.binary(Binary.TIMES, (Tensor) this, value);
    }

    /** a / b. */
    default Tensor dividedBy(Tensor other) {
        return MathNative.binary(Binary.DIVIDED_BY, (Tensor) this, other);
    }

    /** a / value. */
    default Tensor dividedBy(double value) {
        return MathNative.binary(Binary.DIVIDED_BY, (Tensor) this, value);
    }

    /** The larger of a and b. */
    default Tensor maximum(Tensor other) {
        return MathNative.binary(Binary.MAXIMUM, (Tensor) this, other);
    }

    /** The larger of a and value. */
    default Tensor maximum(double value) {
        return MathNative.binary(Binary.MAXIMUM, (Tensor) this, value);
    }

    /** The smaller of a and b. */
    default Tensor minimum(Tensor other) {
        return MathNative.binary(Binary.MINIMUM, (Tensor) this, other);
    }

    /** The smaller of a and value. */
    default Tensor minimum(double value) {
        return MathNative.binary(Binary.MINIMUM, (Tensor) this, value);
    }

    /** a to the power of b. */
    default Tensor pow(Tensor other) {
        return MathNative.binary(Binary.POW, (Tensor) this, other);
    }

    /** a to the power of value. */
    default Tensor pow(double value) {
        return MathNative.binary(Binary.POW, (Tensor) this, value);
    }

    /** a = b, as {@code BOOL}. */
    default Tensor equalTo(Tensor other) {
        return MathNative.binary(Binary.EQUAL_TO, (Tensor) this, other);
    }

    /** a = value, as {@code BOOL}. */
    default Tensor equalTo(double value) {
        return MathNative.binary(Binary.EQUAL_TO, (Tensor) this, value);
    }

    /** a &lt; b, as {@code BOOL}. */
    default Tensor lessThan(Tensor other) {
        return MathNative.binary(Binary.LESS_THAN, (Tensor) this, other);
    }

    /** a &lt; value, as {@code BOOL}. */
    default Tensor lessThan(double value) {
        return MathNative.binary(Binary.LESS_THAN, (Tensor) this, value);
    }

    /** a ≤ b, as {@code BOOL}. */
    default Tensor lessOrEqual(Tensor other) {
        return MathNative.binary(Binary.LESS_OR_EQUAL, (Tensor) this, other);
    }

    /** a ≤ value, as {@code BOOL}. */
    default Tensor lessOrEqual(double value) {
        return MathNative.binary(Binary.LESS_OR_EQUAL, (Tensor) this, value);
    }

    /** a &gt; b, as {@code BOOL}. */
    default Tensor greaterThan(Tensor other) {
        return MathNative.binary(Binary.GREATER_THAN, (Tensor) this, other);
    }

    /** a &gt; value, as {@code BOOL}. */
    default Tensor greaterThan(double value) {
        return MathNative.binary(Binary.GREATER_THAN, (Tensor) this, value);
    }

    /** a ≥ b, as {@code BOOL}. */
    default Tensor greaterOrEqual(Tensor other) {
        return MathNative.binary(Binary.GREATER_OR_EQUAL, (Tensor) this, other);
    }

    /** a ≥ value, as {@code BOOL}. */
    default Tensor greaterOrEqual(double value) {
        return MathNative.binary(Binary.GREATER_OR_EQUAL, (Tensor) this, value);
    }

    /** -x. */
    default Tensor negate() {
        return MathNative.unary(Unary.NEGATE, (Tensor) this);
    }

    /** |x|. */
    default Tensor abs() {
        return MathNative.unary(Unary.ABS, (Tensor) this);
    }

    /** x². */
    default Tensor square() {
        return MathNative.unary(Unary.SQUARE, (Tensor) this);
    }

    /** √x. */
    default Tensor sqrt() {
        return MathNative.unary(Unary.SQRT, (Tensor) this);
    }

    /** eˣ. */
    default Tensor exp() {
        return MathNative.unary(Unary.EXP, (Tensor) this);
    }

    /** Natural logarithm. */
    default Tensor log() {
        return MathNative.unary(Unary.LOG, (Tensor) this);
    }

    /** tanh x. */
    default Tensor tanh() {
        return MathNative.unary(Unary.TANH, (Tensor) this);
    }

    /** 1 / (1 + e⁻ˣ). */
    default Tensor sigmoid() {
        return MathNative.unary(Unary.SIGMOID, (Tensor) this);
    }

    /** x / (1 + e⁻ˣ). */
    default Tensor silu() {
        return MathNative.unary(Unary.SILU, (Tensor) this);
    }

    /** The larger of x and 0. */
    default Tensor relu() {
        return MathNative.unary(Unary.RELU, (Tensor) this);
    }

    /** sin x. */
    default Tensor sin() {
        return MathNative.unary(Unary.SIN, (Tensor) this);
    }

    /** cos x. */
    default Tensor cos() {
        return MathNative.unary(Unary.COS, (Tensor) this);
    }

    /** 1 / x. */
    default Tensor reciprocal() {
        return MathNative.unary(Unary.RECIPROCAL, (Tensor) this);
    }

    /** The next integer below. */
    default Tensor floor() {
        return MathNative.unary(Unary.FLOOR, (Tensor) this);
    }

    /** The nearest integer, halves to even. */
    default Tensor round() {
        return MathNative.unary(Unary.ROUND, (Tensor) this);
    }

    /** Whether an element is neither infinite nor NaN, as {@code BOOL}. */
    default Tensor isFinite() {
        return MathNative.unary(Unary.IS_FINITE, (Tensor) this);
    }

    /** x limited to [low, high]; an infinite bound does not limit. */
    default Tensor clamp(double low, double high) {
        return MathNative.clamp((Tensor) this, low, high);
    }

    /** a ← a + b; not recorded. */
    default void addInPlace(Tensor other) {
        MathNative.inPlace(Binary.PLUS, (Tensor) this, other);
    }

    /** a ← a - b; not recorded. */
    default void subInPlace(Tensor other) {
        MathNative.inPlace(Binary.MINUS, (Tensor) this, other);
    }

    /** a ← a · b; not recorded. */
    default void mulInPlace(Tensor other) {
        MathNative.inPlace(Binary.TIMES, (Tensor) this, other);
    }

    /** a ← a / b; not recorded. */
    default void divInPlace(Tensor other) {
        MathNative.inPlace(Binary.DIVIDED_BY, (Tensor) this, other);
    }

    /** a ← a + weight · (b - a); not recorded. */
    default void lerpInPlace(Tensor other, double weight) {
        MathNative.lerp((Tensor) this, other, weight);
    }
}
