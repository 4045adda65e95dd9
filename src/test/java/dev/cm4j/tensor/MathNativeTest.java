package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.cm4j.testing.NoLeaks;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every operation against its closed form, in double. */
@ExtendWith(NoLeaks.class)
class MathNativeTest {
    private static final double[] A = {-2.5, -1, -0.25, 0, 0.5, 1, 3.5};
    private static final double[] B = {2, -1, 0.5, 3, 0.5, -4, 2};

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    static Stream<Arguments> unary() {
        return Stream.of(
                one("negate", Tensor::negate, x -> -x),
                one("abs", Tensor::abs, Math::abs),
                one("square", Tensor::square, x -> x * x),
                one("sqrt", t -> t.abs().sqrt(), x -> Math.sqrt(Math.abs(x))),
                one("exp", Tensor::exp, Math::exp),
                one("log", t -> t.abs().plus(1).log(), x -> Math.log(Math.abs(x) + 1)),
                one("tanh", Tensor::tanh, Math::tanh),
                one("sigmoid", Tensor::sigmoid, x -> 1 / (1 + Math.exp(-x))),
                one("silu", Tensor::silu, x -> x / (1 + Math.exp(-x))),
                one("relu", Tensor::relu, x -> Math.max(x, 0)),
                one("sin", Tensor::sin, Math::sin),
                one("cos", Tensor::cos, Math::cos),
                one("reciprocal", t -> t.plus(10).reciprocal(), x -> 1 / (x + 10)),
                one("floor", Tensor::floor, Math::floor),
                one("round", Tensor::round, Math::rint),
                one("clamp", t -> t.clamp(-1, 0.75), x -> Math.clamp(x, -1, 0.75)),
                one(
                        "clamp above only",
                        t -> t.clamp(Double.NEGATIVE_INFINITY, 0),
                        x -> Math.min(x, 0)));
    }

    private static Arguments one(
            String name, UnaryOperator<Tensor> ours, DoubleUnaryOperator exact) {
        return arguments(name, ours, exact);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void unary(String name, UnaryOperator<Tensor> ours, DoubleUnaryOperator exact) {
        double[] result = ours.apply(Tensor.of(A)).toDoubles();
        for (int i = 0; i < A.length; i++) {
            assertEquals(exact.applyAsDouble(A[i]), result[i], 1e-14, name + " of " + A[i]);
        }
    }

    static Stream<Arguments> binary() {
        return Stream.of(
                two("plus", Tensor::plus, Tensor::plus, (a, b) -> a + b),
                two("minus", Tensor::minus, Tensor::minus, (a, b) -> a - b),
                two("times", Tensor::times, Tensor::times, (a, b) -> a * b),
                two("dividedBy", Tensor::dividedBy, Tensor::dividedBy, (a, b) -> a / b),
                two("maximum", Tensor::maximum, Tensor::maximum, Math::max),
                two("minimum", Tensor::minimum, Tensor::minimum, Math::min),
                two(
                        "pow",
                        (a, b) -> a.abs().pow(b),
                        (a, b) -> a.abs().pow(b),
                        (a, b) -> Math.pow(Math.abs(a), b)),
                two("equalTo", Tensor::equalTo, Tensor::equalTo, (a, b) -> a == b ? 1 : 0),
                two("lessThan", Tensor::lessThan, Tensor::lessThan, (a, b) -> a < b ? 1 : 0),
                two(
                        "lessOrEqual",
                        Tensor::lessOrEqual,
                        Tensor::lessOrEqual,
                        (a, b) -> a <= b ? 1 : 0),
                two(
                        "greaterThan",
                        Tensor::greaterThan,
                        Tensor::greaterThan,
                        (a, b) -> a > b ? 1 : 0),
                two(
                        "greaterOrEqual",
                        Tensor::greaterOrEqual,
                        Tensor::greaterOrEqual,
                        (a, b) -> a >= b ? 1 : 0));
    }

    private interface WithNumber {
        Tensor apply(Tensor a, double b);
    }

    private static Arguments two(
            String name,
            BinaryOperator<Tensor> tensors,
            WithNumber number,
            DoubleBinaryOperator exact) {
        return arguments(name, tensors, number, exact);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void binary(
            String name,
            BinaryOperator<Tensor> tensors,
            WithNumber number,
            DoubleBinaryOperator exact) {
        double[] result = tensors.apply(Tensor.of(A), Tensor.of(B)).toDoubles();
        double[] withHalf = number.apply(Tensor.of(A), 0.5).toDoubles();
        for (int i = 0; i < A.length; i++) {
            assertEquals(
                    exact.applyAsDouble(A[i], B[i]),
                    result[i],
                    1e-13,
                    name + " of " + A[i] + ", " + B[i]);
            assertEquals(
                    exact.applyAsDouble(A[i], 0.5),
                    withHalf[i],
                    1e-13,
                    name + " of " + A[i] + ", 0.5");
        }
    }

    @Test
    void comparisons_give_bool_and_where_uses_them() {
        Tensor a = Tensor.of(new float[] {1, 5, 3});
        Tensor b = Tensor.of(new float[] {4, 2, 3});
        assertEquals(DType.BOOL, a.lessThan(b).dtype());
        assertArrayEquals(new float[] {1, 2, 3}, Tensor.where(a.lessThan(b), a, b).toFloats());
        float inf = Float.POSITIVE_INFINITY;
        assertArrayEquals(
                new byte[] {1, 0, 0},
                Tensor.of(new float[] {1, inf, Float.NaN}).isFinite().toBytes());
    }

    @Test
    void operands_broadcast() {
        Tensor column = Tensor.of(new float[] {10, 20}, 2, 1);
        Tensor row = Tensor.of(new float[] {1, 2, 3});
        assertArrayEquals(new float[] {11, 12, 13, 21, 22, 23}, column.plus(row).toFloats());
    }

    @Test
    void in_place() {
        Tensor a = Tensor.of(new float[] {1, 2});
        Tensor b = Tensor.of(new float[] {3, 5});
        a.addInPlace(b);
        assertArrayEquals(new float[] {4, 7}, a.toFloats());
        a.subInPlace(b);
        a.mulInPlace(b);
        assertArrayEquals(new float[] {3, 10}, a.toFloats());
        a.divInPlace(b);
        a.lerpInPlace(b, 0.25);
        assertArrayEquals(new float[] {1.5f, 2.75f}, a.toFloats());
    }

    @Test
    void reductions() {
        Tensor x = Tensor.of(new double[] {1, -2, 3, 4, 5, -6}, 2, 3);
        assertEquals(5, x.sum().item());
        assertArrayEquals(new double[] {2, 3}, x.sum(1).toDoubles());
        assertArrayEquals(new long[] {2, 1}, x.sumKeep(1).shape());
        assertArrayEquals(new double[] {2.5, 1.5, -1.5}, x.mean(0).toDoubles());
        assertArrayEquals(new long[] {1, 3}, x.meanKeep(0).shape());
        assertEquals(5, x.max().item());
        assertArrayEquals(new double[] {3, 5}, x.max(-1).toDoubles());
        assertArrayEquals(new double[] {-2, -6}, x.min(1).toDoubles());
        assertEquals(Math.sqrt(91), x.norm().item(), 1e-14);
        assertArrayEquals(
                new double[] {Math.sqrt(14), Math.sqrt(77)}, x.norm(1).toDoubles(), 1e-14);
        assertArrayEquals(new long[] {2, 1}, x.argMax(1).toLongs());
        assertEquals(DType.I64, x.argMax(0).dtype());
        assertEquals(5, x.reshape(1, 2, 3).sum(0, 1, 2).item());
    }

    @Test
    void softmax() {
        Tensor x = Tensor.of(new double[] {0, Math.log(3), 1000, 1000}, 2, 2);
        assertArrayEquals(new double[] {0.25, 0.75, 0.5, 0.5}, x.softmax(1).toDoubles(), 1e-14);
        assertArrayEquals(
                new double[] {Math.log(.25), Math.log(.75), Math.log(.5), Math.log(.5)},
                x.logSoftmax(-1).toDoubles(),
                1e-14);
    }

    @Test
    void matmul() {
        Tensor a = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertArrayEquals(new double[] {14, 32, 32, 77}, a.matmul(a.permute(1, 0)).toDoubles());
    }

    @Test
    void shapes() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertArrayEquals(new long[] {3, 2}, x.reshape(3, -1).shape());
        assertArrayEquals(new float[] {2, 5}, x.select(1, 1).toFloats());
        assertArrayEquals(new float[] {2, 5}, x.select(-1, 1).toFloats());
        assertArrayEquals(new float[] {2, 3, 5, 6}, x.narrow(1, 1, 2).toFloats());
        assertArrayEquals(new float[] {3, 2, 1, 6, 5, 4}, x.flip(1).toFloats());
        assertArrayEquals(
                new float[] {3, 1, 6, 4},
                x.indexSelect(1, Tensor.of(new long[] {2, 0})).toFloats());
        assertArrayEquals(new long[] {4, 2, 3}, x.expand(4, 2, 3).shape());
        assertArrayEquals(new long[] {2, 1, 3}, x.unsqueeze(1).shape());
        assertArrayEquals(new long[] {2, 3, 1}, x.unsqueeze(-1).shape());
        assertArrayEquals(new long[] {2, 3}, x.unsqueeze(0).squeeze(0).shape());
        assertArrayEquals(new long[] {4, 3}, Tensor.cat(0, x, x).shape());
        assertArrayEquals(
                new float[] {1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}, Tensor.cat(1, x, x).toFloats());
        assertArrayEquals(new long[] {2, 2, 3}, Tensor.stack(0, List.of(x, x)).shape());
        assertArrayEquals(new long[] {2, 3, 2}, Tensor.stack(-1, List.of(x, x)).shape());
        assertArrayEquals(
                new float[] {9, 9, 9, 9, 9, 1, 2, 3, 9, 4, 5, 6},
                x.pad2d(1, 0, 1, 0, 9).toFloats());
        assertThrows(IllegalArgumentException.class, () -> x.squeeze(0));
        assertThrows(IndexOutOfBoundsException.class, () -> x.unsqueeze(4));
    }

    @Test
    void a_refused_operation_names_itself_and_its_operands() {
        Tensor a = Tensor.ones(DType.F32, 2, 3);
        var error =
                assertThrows(RuntimeException.class, () -> a.matmul(Tensor.ones(DType.F64, 4, 5)));
        assertTrue(
                error.getMessage().startsWith("matmul of f32[2, 3] and f64[4, 5]: "),
                error.getMessage());
        assertThrows(RuntimeException.class, () -> a.reshape(4));
        assertThrows(RuntimeException.class, () -> a.narrow(1, 2, 2));
        assertThrows(RuntimeException.class, () -> a.sum(5));
        assertThrows(RuntimeException.class, () -> Tensor.cat(0, List.of()));
        assertThrows(RuntimeException.class, () -> a.indexSelect(0, Tensor.of(new long[] {2})));
        assertThrows(RuntimeException.class, () -> Tensor.zeros(DType.F32, new long[17]));
    }
}
