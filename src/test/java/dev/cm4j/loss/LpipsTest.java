package dev.cm4j.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.Vgg16;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** LPIPS with a narrow network of random weights. */
@ExtendWith(NoLeaks.class)
class LpipsTest {

    private static final int[] WIDTHS = {4, 4, 4, 6, 6};
    private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};

    @Test
    void aPictureIsNoDistanceFromItself() {
        try (Scope _ = Scope.open();
                Lpips lpips = lpips()) {
            Tensor a = pictures(1);
            assertArrayEquals(new float[2], lpips.perSample(a, a).toFloats());
        }
    }

    @Test
    void isSymmetricAndPositive() {
        try (Scope _ = Scope.open();
                Lpips lpips = lpips()) {
            float[] there = lpips.perSample(pictures(1), pictures(2)).toFloats();
            float[] back = lpips.perSample(pictures(2), pictures(1)).toFloats();
            assertArrayEquals(there, back, 1e-7f);
            assertTrue(there[0] > 0 && there[1] > 0);
        }
    }

    @Test
    void theGradientIsFiniteWhereAllFeaturesAreZero() {
        try (Scope _ = Scope.open();
                Lpips lpips = Lpips.of(weights(-1), weights(-1), Vgg16.Pooling.MAX);
                var _ = Gradients.enabled()) {
            Tensor a = Tensor.zeros(DType.F32, 1, 3, 32, 32).requireGrad();
            lpips.distance(a, Tensor.ones(DType.F32, 1, 3, 32, 32)).sum().backward();
            for (float g : a.grad().orElseThrow().toFloats()) {
                assertEquals(0, g);
            }
        }
    }

    @Test
    void namesTheTensorThatIsMissing() {
        try (Scope _ = Scope.open()) {
            Map<String, TensorEntry> weights = weights(1);
            weights.remove("features.17.bias");
            var missing =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> Lpips.of(weights, weights, Vgg16.Pooling.MAX));
            assertEquals(
                    "VGG16 needs the tensor features.17.bias, found none", missing.getMessage());
            Map<String, TensorEntry> other = weights(1);
            other.remove("lin3.model.1.weight");
            missing =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> Lpips.of(other, other, Vgg16.Pooling.MAX));
            assertEquals(
                    "lin3.model.1.weight is missing, LPIPS needs [1, 6, 1, 1]",
                    missing.getMessage());
        }
    }

    @Test
    void refusesGreyPictures() {
        try (Scope _ = Scope.open();
                Lpips lpips = lpips()) {
            Tensor grey = Tensor.zeros(DType.F32, 1, 1, 32, 32);
            assertThrows(IllegalArgumentException.class, () -> lpips.perSample(grey, grey));
        }
    }

    private static Lpips lpips() {
        return Lpips.of(weights(1), weights(1), Vgg16.Pooling.AVERAGE);
    }

    private static Tensor pictures(long seed) {
        return Noise.normal(seed, new long[] {0, 1}, 0, 3, 32, 32).tanh();
    }

    /** Random weights; with sign −1 every feature of every picture is 0. */
    private static Map<String, TensorEntry> weights(int sign) {
        Map<String, TensorEntry> weights = new LinkedHashMap<>();
        long channels = 3;
        int index = 0;
        for (int block = 0; block < WIDTHS.length; block++) {
            for (int i = 0; i < CONVOLUTIONS[block]; i++) {
                Tensor w = Noise.normal(index, new long[] {0}, 0, WIDTHS[block], channels, 3, 3);
                w = w.select(0, 0).times(0.3);
                put(weights, "features." + index + ".weight", sign < 0 ? w.times(0) : w);
                put(
                        weights,
                        "features." + index + ".bias",
                        Tensor.full(0.1 * sign, DType.F32, WIDTHS[block]));
                channels = WIDTHS[block];
                index += 2;
            }
            index++;
            put(
                    weights,
                    "lin" + block + ".model.1.weight",
                    Tensor.full(0.5, DType.F32, 1, WIDTHS[block], 1, 1));
        }
        return weights;
    }

    private static void put(Map<String, TensorEntry> weights, String name, Tensor value) {
        Tensor kept = value.contiguous();
        weights.put(name, new TensorEntry(name, kept.dtype(), kept.shape(), kept.asSegment()));
    }
}
