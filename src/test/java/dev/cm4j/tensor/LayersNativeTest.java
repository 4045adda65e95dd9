package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.testing.NoLeaks;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Layers against loops written out. */
@ExtendWith(NoLeaks.class)
class LayersNativeTest {
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor wave(double step, long... shape) {
        long count = 1;
        for (long size : shape) {
            count *= size;
        }
        double[] values = new double[(int) count];
        for (int i = 0; i < count; i++) {
            values[i] = Math.cos(step * i + 0.2);
        }
        return Tensor.of(values, shape);
    }

    @Test
    void linear() {
        Tensor x = Tensor.of(new double[] {1, 2, 3, 4}, 2, 2);
        Tensor w = Tensor.of(new double[] {1, 0, 0, 1, 1, -1}, 3, 2);
        Tensor b = Tensor.of(new double[] {10, 20, 30});
        assertArrayEquals(
                new double[] {11, 22, 29, 13, 24, 29},
                Layers.linear(x, w, Optional.of(b)).toDoubles());
        assertArrayEquals(
                new double[] {1, 2, -1, 3, 4, -1},
                Layers.linear(x, w, Optional.empty()).toDoubles());
    }

    @Test
    void conv2dReluIsBothWithAPaddingForEachDirection() {
        Tensor x = wave(.37, 2, 3, 6, 5);
        Tensor w = wave(.91, 4, 3, 1, 3);
        Tensor b = Tensor.of(new double[] {1, -2, 0, .5});
        double[] expected =
                Layers.conv2d(x.pad2d(1, 1, 2, 2, 0), w, Optional.of(b), 1, 0).relu().toDoubles();
        assertArrayEquals(expected, Layers.conv2dRelu(x, w, b, 1, 2, 1).toDoubles(), 1e-13);
    }

    @Test
    void conv2d() {
        Tensor x = wave(.37, 1, 2, 5, 4);
        Tensor w = wave(.91, 3, 2, 3, 3);
        Tensor b = Tensor.of(new double[] {1, 2, 3});
        double[] xs = x.toDoubles();
        double[] ws = w.toDoubles();
        for (int stride = 1; stride <= 2; stride++) {
            int height = (5 + 2 - 3) / stride + 1;
            int width = (4 + 2 - 3) / stride + 1;
            double[] exact = new double[3 * height * width];
            for (int o = 0; o < 3; o++) {
                for (int y = 0; y < height; y++) {
                    for (int z = 0; z < width; z++) {
                        double sum = o + 1;
                        for (int c = 0; c < 2; c++) {
                            for (int i = 0; i < 3; i++) {
                                for (int j = 0; j < 3; j++) {
                                    int row = stride * y + i - 1;
                                    int column = stride * z + j - 1;
                                    if (row >= 0 && row < 5 && column >= 0 && column < 4) {
                                        sum +=
                                                xs[(c * 5 + row) * 4 + column]
                                                        * ws[((o * 2 + c) * 3 + i) * 3 + j];
                                    }
                                }
                            }
                        }
                        exact[(o * height + y) * width + z] = sum;
                    }
                }
            }
            assertArrayEquals(
                    exact, Layers.conv2d(x, w, Optional.of(b), stride, 1).toDoubles(), 1e-13);
        }
    }

    @Test
    void group_norm() {
        Tensor x = wave(.37, 2, 4, 3, 3).to(DType.F32);
        Tensor gain = Tensor.of(new float[] {1, 2, 3, 4});
        Tensor shift = Tensor.of(new float[] {.1f, .2f, .3f, .4f});
        Tensor groups = x.reshape(2, 2, 18);
        Tensor centred = groups.minus(groups.meanKeep(2));
        Tensor norm = centred.dividedBy(centred.square().meanKeep(2).plus(1e-5).sqrt());
        Tensor exact = norm.reshape(2, 4, 9).times(gain.reshape(4, 1)).plus(shift.reshape(4, 1));
        assertArrayEquals(
                exact.toFloats(), Layers.groupNorm(x, 2, gain, shift, 1e-5).toFloats(), 2e-6f);
    }

    @Test
    void attention() {
        int heads = 2;
        int width = 3;
        int tokens = 4;
        Tensor qkv = wave(.53, 2, 3 * heads * width, tokens);
        Tensor parts = qkv.reshape(2, 3, heads, width, tokens);
        Tensor q = parts.select(1, 0).permute(0, 1, 3, 2);
        Tensor k = parts.select(1, 1);
        Tensor v = parts.select(1, 2).permute(0, 1, 3, 2);
        Tensor weights =
                q.matmul(k).dividedBy(Math.sqrt(width)).softmax(-1); // [2, heads, tokens, tokens]
        Tensor exact = weights.matmul(v).permute(0, 1, 3, 2).reshape(2, heads * width, tokens);
        assertArrayEquals(exact.toDoubles(), Layers.attention(qkv, heads).toDoubles(), 1e-12);
    }

    @Test
    void pools_and_resizes() {
        Tensor x =
                Tensor.of(
                        new double[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                        1,
                        1,
                        4,
                        4);
        assertArrayEquals(
                new double[] {3.5, 5.5, 11.5, 13.5}, Layers.averagePool(x, 2, 2, 0).toDoubles());
        assertArrayEquals(new double[] {6, 8, 14, 16}, Layers.maxPool(x, 2, 2, 0).toDoubles());
        Tensor small = Tensor.of(new double[] {1, 2, 3, 4}, 1, 1, 2, 2);
        assertArrayEquals(
                new double[] {2.5, 2.5, 2.5, 2.5},
                Layers.averagePoolInside(small, 3, 1, 1).toDoubles());
        assertArrayEquals(
                new double[] {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4},
                Layers.resizeNearest(small, 4, 4).toDoubles());
        assertArrayEquals(
                new double[] {1, 1.25, 1.75, 2, 3, 3.25, 3.75, 4},
                Layers.resizeBilinear(small, 2, 4).toDoubles(),
                1e-14);
    }

    @Test
    void shapes_that_do_not_fit_are_refused() {
        Tensor x = wave(.1, 1, 4, 4, 4);
        assertThrows(
                RuntimeException.class,
                () -> Layers.conv2d(x, wave(.1, 1, 3, 3, 3), Optional.empty(), 1, 1));
        assertThrows(RuntimeException.class, () -> Layers.attention(wave(.1, 1, 4, 4), 2));
        Tensor four = Tensor.ones(DType.F64, 4);
        assertThrows(RuntimeException.class, () -> Layers.groupNorm(x, 3, four, four, 1e-5));
    }
}
