package dev.cm4j.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.Edm2Networks;
import dev.cm4j.testing.GoldenNetwork;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class GuidanceTest {

    /** Answers with its label, or −1 where it gets none. */
    private static final Denoiser LABEL =
            (x, sigma, labels) ->
                    x.times(0)
                            .plus(
                                    PerSample.column(
                                            labels.map(Tensor::toDoubles)
                                                    .orElseGet(() -> new double[] {-1, -1}),
                                            x));

    private static double[] estimate(Denoiser model) {
        var x = Tensor.ones(DType.F32, 2, 1, 1, 1);
        var labels = Optional.of(Tensor.of(new long[] {3, 7}));
        return model.denoise(x, new double[] {1, 2}, labels).toDoubles();
    }

    @Test
    void extrapolatesFromTheNullClass() {
        try (var _ = Scope.open()) {
            var guided = Guidance.classifierFree(LABEL, 10, 2);
            assertArrayEquals(new double[] {-4, 4}, estimate(guided)); // 10 + 2 (3 − 10)
            assertArrayEquals(new double[] {3, 7}, estimate(Guidance.classifierFree(LABEL, 10, 1)));
            assertArrayEquals(
                    new double[] {10, 10}, estimate(Guidance.classifierFree(LABEL, 10, 0)));
        }
    }

    @Test
    void extrapolatesFromAWeakerModel() {
        Denoiser weak = (x, sigma, labels) -> Tensor.full(1, DType.F32, x.shape());
        try (var _ = Scope.open()) {
            assertArrayEquals(new double[] {7, 19}, estimate(new Guidance(LABEL, weak, 3)));
        }
        assertThrows(IllegalArgumentException.class, () -> new Guidance(LABEL, weak, Double.NaN));
    }

    @Test
    void classesOfEdm2AreNotMixed() {
        try (UNet net = UNet.zeroed(Edm2Networks.tiny(3, 4))) {
            var model = new ConsistencyModel(net, new EdmScalings(.5), TimeInput.EDM);
            var refused =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> ClassMix.guided(model, OptionalInt.empty(), 2));
            assertTrue(refused.getMessage().contains("of kind edm2 cannot be mixed"));
            assertThrows(
                    IllegalArgumentException.class, () -> ClassMix.between(model, 0, 1, 0, .5));
        }
    }

    @Test
    void mixturesOfOneClassAreThatClass() {
        long networks = NativeMemory.live(NativeMemory.Kind.UNET);
        try (UNet net = GoldenNetwork.create(1, 0);
                var _ = Scope.open()) {
            var model = new ConsistencyModel(net, new EdmScalings(.5), TimeInput.OPENAI);
            var x = GoldenNetwork.wave(j -> Math.cos(.37 * j + .2), GoldenNetwork.SHAPE);
            var sigma = new double[] {2, .5};
            var asked = Optional.of(Tensor.of(new long[] {3, 7}));
            var expected = model.denoise(x, sigma, asked).toFloats();
            try (var mix = ClassMix.between(model, 3, 7, 0, .5, 1)) {
                var ends = Optional.of(Tensor.of(new long[] {0, 2}));
                assertArrayEquals(expected, mix.denoise(x, sigma, ends).toFloats(), 1e-5f);
            }
            for (var none : new OptionalInt[] {OptionalInt.empty(), OptionalInt.of(9)}) {
                try (var same = ClassMix.guided(model, none, 1)) {
                    assertArrayEquals(expected, same.denoise(x, sigma, asked).toFloats(), 1e-5f);
                }
            }
            try (var unguided = ClassMix.guided(model, OptionalInt.of(9), 0)) {
                var nine = Optional.of(Tensor.of(new long[] {9, 9}));
                assertArrayEquals(
                        model.denoise(x, sigma, nine).toFloats(),
                        unguided.denoise(x, sigma, asked).toFloats(),
                        1e-5f);
            }
            assertThrows(
                    IllegalArgumentException.class,
                    () -> ClassMix.of(model, new double[][] {{1, 2}}));
        }
        assertEquals(networks, NativeMemory.live(NativeMemory.Kind.UNET));
    }
}
