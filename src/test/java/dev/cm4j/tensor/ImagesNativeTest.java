package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.testing.NoLeaks;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fused passes against their composed twins, values and gradients. */
@ExtendWith(NoLeaks.class)
class ImagesNativeTest {

    private static final double C = 0.3;

    private record Pair(BinaryOperator<Tensor> fused, BinaryOperator<Tensor> composed) {}

    private static final List<Pair> DISTANCES =
            List.of(
                    new Pair(Images::meanAbsolute, (a, b) -> rows(a, b).abs().mean(1)),
                    new Pair(Images::meanSquare, (a, b) -> rows(a, b).square().mean(1)),
                    new Pair(Images::norm, (a, b) -> rows(a, b).norm(1)),
                    new Pair(
                            (a, b) -> Images.pseudoHuber(a, b, C),
                            (a, b) -> rows(a, b).square().sum(1).plus(C * C).sqrt().minus(C)));

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 15, 16, 17, 784, 1025, 40_000})
    void distancesEqualTheirComposition(int size) {
        for (Pair pair : DISTANCES) {
            try (Scope _ = Scope.open();
                    var _ = Gradients.enabled()) {
                Tensor upstream = Tensor.of(new float[] {0.5f, -1, 2}, 3);
                Tensor[] fused = leaves(size);
                Tensor value = pair.fused().apply(fused[0], fused[1]);
                value.backward(upstream);
                Tensor[] composed = leaves(size);
                Tensor expected = pair.composed().apply(composed[0], composed[1]);
                expected.backward(upstream);
                assertClose(expected.detach(), value.detach());
                for (int i = 0; i < 2; i++) {
                    assertClose(composed[i].grad().orElseThrow(), fused[i].grad().orElseThrow());
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 17, 784, 40_000})
    void combinationsEqualTheirComposition(int size) {
        try (Scope _ = Scope.open();
                var _ = Gradients.enabled()) {
            double[] a = {2, 0, -0.25};
            double[] b = {0.5, 1e-3, 80};
            Tensor[] fused = leaves(size);
            Tensor upstream = leaves(size)[1].detach();
            Tensor value = Images.combined(a, fused[0], b, fused[1]);
            value.backward(upstream);
            assertClose(
                    column(a).times(fused[0].detach()).plus(column(b).times(fused[1].detach())),
                    value.detach());
            assertClose(column(a).times(upstream), fused[0].grad().orElseThrow());
            assertClose(column(b).times(upstream), fused[1].grad().orElseThrow());
            assertClose(column(a).times(upstream), Images.scaled(a, upstream));
        }
    }

    @Test
    void onlyWhatAsksForAGradientGetsOne() {
        try (Scope _ = Scope.open();
                var _ = Gradients.enabled()) {
            Tensor[] leaves = leaves(5);
            Tensor constant = leaves[1].detach();
            Images.meanSquare(leaves[0], constant).sum().backward();
            assertEquals(true, leaves[0].grad().isPresent());
            assertEquals(true, constant.grad().isEmpty());
        }
    }

    @Test
    void theNormOfNothingHasNoSlope() {
        try (Scope _ = Scope.open();
                var _ = Gradients.enabled()) {
            Tensor a = Tensor.ones(DType.F32, 1, 4).requireGrad();
            Images.norm(a, Tensor.ones(DType.F32, 1, 4)).sum().backward();
            assertArrayEquals(new float[4], a.grad().orElseThrow().toFloats());
        }
    }

    @Test
    void doublesStayDoubles() {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.of(new double[] {1, 2}, 2, 1);
            double[] third = {1.0 / 3, 1.0 / 3};
            assertArrayEquals(new double[] {1.0 / 3, 2.0 / 3}, Images.scaled(third, x).toDoubles());
        }
    }

    @Test
    void notFiniteNumbersAreSeen() {
        try (Scope _ = Scope.open()) {
            Tensor a = Tensor.of(new float[] {Float.NaN, 1}, 2, 1);
            Tensor b = Tensor.of(new float[] {1, Float.POSITIVE_INFINITY}, 2, 1);
            float[] distance = Images.meanAbsolute(a, b).toFloats();
            assertArrayEquals(new float[] {Float.NaN, Float.POSITIVE_INFINITY}, distance);
        }
    }

    @Test
    void everyImageNeedsItsCoefficient() {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.zeros(DType.F32, 2, 3);
            var refused =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> Images.scaled(new double[] {1}, x));
            assertEquals(
                    "1 numbers do not match " + x + ", which has one image for each row",
                    refused.getMessage());
            Tensor pixels = Tensor.zeros(DType.U8, 4, 3);
            Tensor norms = Images.halfNorms(pixels);
            var ends =
                    assertThrows(
                            IllegalArgumentException.class,
                            () ->
                                    Images.idealMeans(
                                            x,
                                            new double[] {1, 1},
                                            new long[] {0, 4, 0},
                                            pixels,
                                            norms));
            assertEquals("3 ends of ranges for 2 images", ends.getMessage());
        }
    }

    private static Tensor rows(Tensor a, Tensor b) {
        return a.minus(b).reshape(a.size(0), -1);
    }

    private static Tensor column(double[] values) {
        float[] rounded = new float[values.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) values[i];
        }
        return Tensor.of(rounded, rounded.length, 1);
    }

    private static Tensor[] leaves(int size) {
        long[] images = {0, 1, 2};
        return new Tensor[] {
            Noise.normal(1, images, 0, size).requireGrad(),
            Noise.normal(2, images, 0, size).requireGrad()
        };
    }

    private static void assertClose(Tensor expected, Tensor actual) {
        float[] wanted = expected.toFloats();
        float[] found = actual.contiguous().toFloats();
        assertEquals(Arrays.toString(expected.shape()), Arrays.toString(actual.shape()));
        for (int i = 0; i < wanted.length; i++) {
            assertEquals(wanted[i], found[i], 1e-7 + 2e-6 * Math.abs(wanted[i]), "element " + i);
        }
    }
}
