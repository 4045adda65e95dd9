package dev.cm4j.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class EmaNativeTest {
    @Test
    void k_updates_towards_constant_weights_have_a_closed_form() {
        try (var _ = Scope.open()) {
            Tensor average = Tensor.zeros(DType.F32, 10_001);
            Tensor weights = Tensor.full(3, DType.F32, 10_001);
            for (int k = 1; k <= 10; k++) {
                Ema.update(average, weights, .9);
                assertEquals(3 * (1 - Math.pow(.9, k)), average.toFloats()[10_000], 1e-6);
            }
        }
    }

    @Test
    void what_equals_its_weight_stays() {
        float[] constants = {100.53f, -.1f, 3.3e-5f, 77.7f, 1e8f, .3f, -12.34f, 5e-20f, 9.87f};
        try (var _ = Scope.open()) {
            Tensor average = Tensor.of(constants);
            Tensor weights = Tensor.of(constants);
            for (int k = 0; k < 1000; k++) {
                Ema.update(average, weights, .9999432189950708);
            }
            assertArrayEquals(constants, average.toFloats());
        }
    }

    @Test
    void the_ends_of_the_rate() {
        try (var _ = Scope.open()) {
            Tensor average = Tensor.of(new float[] {1, 2});
            Tensor weights = Tensor.of(new float[] {5, 6});
            Ema.update(average, weights, 1);
            assertArrayEquals(new float[] {1, 2}, average.toFloats());
            Ema.update(average, weights, 0);
            assertArrayEquals(new float[] {5, 6}, average.toFloats());
            assertThrows(IllegalArgumentException.class, () -> Ema.update(average, weights, 1.1));
            assertThrows(
                    IllegalArgumentException.class, () -> Ema.update(average, weights, Double.NaN));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Ema.update(average, Tensor.zeros(DType.F32, 3), .5));
        }
    }
}
