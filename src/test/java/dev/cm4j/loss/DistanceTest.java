package dev.cm4j.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Distances in closed form. */
class DistanceTest {

    @Test
    void closedForms() {
        try (var _ = Scope.open()) {
            var a = Tensor.of(new float[] {1, 2, 3, 4, 0, 0, 0, 0}, 2, 1, 2, 2);
            var b = Tensor.of(new float[] {0, 0, 0, 0, 0, 0, 0, -3}, 2, 1, 2, 2);
            check(new L1(), a, b, 2.5, .75);
            check(new L2(), a, b, 7.5, 2.25);
            check(new Linf(), a, b, 4, 3);
            check(new L2Norm(), a, b, Math.sqrt(30), 3);
            check(new PseudoHuber(4), a, b, Math.sqrt(46) - 4, 1);
        }
    }

    @Test
    void resizedImagesKeepConstants() {
        try (var _ = Scope.open()) {
            var a = Tensor.full(.75, DType.F32, 2, 3, 48, 48);
            var b = Tensor.full(.25, DType.F32, 2, 3, 48, 48);
            check(new L2At32(), a, b, .25, .25);
        }
    }

    @Test
    void thresholdOfImprovedTraining() {
        assertEquals(.01512, PseudoHuber.forImages(1, 28, 28).c(), 1e-9);
        assertEquals(.01728, PseudoHuber.forImages(1, 32, 32).c(), 1e-9);
        assertEquals(.029929838, PseudoHuber.forImages(3, 32, 32).c(), 1e-9);
        assertEquals(.0598596759, PseudoHuber.forImages(3, 64, 64).c(), 1e-9);
        assertEquals(.239438704, PseudoHuber.forImages(3, 256, 256).c(), 1e-9);
    }

    @Test
    void pseudoHuberAndItsGradient() {
        try (var _ = Scope.open()) {
            var a = Tensor.full(.1, DType.F32, 1, 1, 2, 2).requireGrad();
            var b = Tensor.zeros(DType.F32, 1, 1, 2, 2);
            Tensor d;
            try (var _ = Gradients.enabled()) {
                d = PseudoHuber.forImages(1, 2, 2).perSample(a, b);
            }
            assertEquals(.198922916, d.item(), 1e-7);
            d.backward();
            var expected = new double[4];
            Arrays.fill(expected, .499992710);
            assertArrayEquals(expected, a.grad().orElseThrow().toDoubles(), 1e-6);
        }
    }

    @Test
    void normHasNoGradientWhereImagesAgree() {
        try (var _ = Scope.open()) {
            var a = Tensor.zeros(DType.F32, 1, 1, 2, 2).requireGrad();
            var b = Tensor.zeros(DType.F32, 1, 1, 2, 2);
            Tensor d;
            try (var _ = Gradients.enabled()) {
                d = new L2Norm().perSample(a, b);
            }
            d.backward();
            assertArrayEquals(new double[4], a.grad().orElseThrow().toDoubles());
        }
    }

    @Test
    void refusesZero() {
        assertThrows(IllegalArgumentException.class, () -> new PseudoHuber(0));
    }

    private static void check(Distance distance, Tensor a, Tensor b, double... expected) {
        assertArrayEquals(expected, distance.perSample(a, b).toDoubles(), 1e-6);
    }
}
