package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.testing.NoLeaks;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Differentiation, and the mode that switches it. */
@ExtendWith(NoLeaks.class)
class GradientsNativeTest {
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void recording_is_off_unless_asked_for() {
        Tensor x = Tensor.of(new double[] {1, 2}).requireGrad();
        assertFalse(x.square().requiresGrad());
        try (var _ = Gradients.enabled()) {
            assertTrue(x.square().requiresGrad());
            try (var _ = Gradients.disabled()) {
                assertFalse(x.square().requiresGrad());
            }
            assertTrue(x.square().requiresGrad());
            assertFalse(x.square().detach().requiresGrad());
        }
        assertFalse(x.square().requiresGrad());
    }

    @Test
    void the_mode_comes_back_after_an_exception() {
        Tensor x = Tensor.of(new double[] {1}).requireGrad();
        assertThrows(
                RuntimeException.class,
                () -> {
                    try (var _ = Gradients.enabled()) {
                        x.matmul(x.reshape(1, 1, 1)).reshape(99);
                    }
                });
        assertFalse(x.square().requiresGrad());
    }

    @Test
    void a_mode_ends_where_it_began() throws InterruptedException {
        try (var mode = Gradients.enabled()) {
            var thrown = new Throwable[1];
            Thread thread =
                    Thread.ofPlatform()
                            .start(() ->
                                    thrown[0] =
                                            assertThrows(WrongThreadException.class, mode::close));
            thread.join();
            assertTrue(thrown[0] instanceof WrongThreadException);
        }
    }

    @Test
    void gradient_of_a_polynomial() {
        Tensor x = Tensor.of(new double[] {1, -2, 3}).requireGrad();
        assertEquals(Optional.empty(), x.grad().map(Tensor::toString));
        try (var _ = Gradients.enabled()) {
            x.pow(3).sum().backward(); // 3 x²
        }
        assertArrayEquals(new double[] {3, 12, 27}, x.grad().orElseThrow().toDoubles(), 1e-12);
        try (var _ = Gradients.enabled()) {
            x.square().backward(Tensor.of(new double[] {1, 10, 100})); // adds 2 x · seed
        }
        assertArrayEquals(new double[] {5, -28, 627}, x.grad().orElseThrow().toDoubles(), 1e-12);
    }

    @Test
    void gradients_agree_with_differences() {
        double[] at = {.3, -.8, 1.1, .6};
        Tensor x = Tensor.of(at, 2, 2).requireGrad();
        try (var _ = Gradients.enabled()) {
            loss(x).backward();
        }
        double[] gradient = x.grad().orElseThrow().toDoubles();
        double step = 1e-6;
        for (int i = 0; i < at.length; i++) {
            double[] up = at.clone();
            double[] down = at.clone();
            up[i] += step;
            down[i] -= step;
            double difference =
                    loss(Tensor.of(up, 2, 2)).item() - loss(Tensor.of(down, 2, 2)).item();
            assertEquals(difference / (2 * step), gradient[i], 1e-8);
        }
    }

    private static Tensor loss(Tensor x) {
        Tensor mixed = x.matmul(x.permute(1, 0)).silu().plus(x.sin());
        return Tensor.cat(0, mixed, x.exp()).softmax(1).square().mean();
    }

    @Test
    void in_place_changes_of_leaves_are_not_recorded() {
        Tensor x = Tensor.of(new double[] {1, 2}).requireGrad();
        try (var _ = Gradients.enabled()) {
            x.assign(Tensor.of(new double[] {3, 4}));
            x.addInPlace(Tensor.of(new double[] {1, 1}));
            x.square().sum().backward();
        }
        assertArrayEquals(new double[] {8, 10}, x.grad().orElseThrow().toDoubles());
    }

    @Test
    void backward_without_a_record_is_refused() {
        assertThrows(RuntimeException.class, () -> Tensor.of(new double[] {1}).sum().backward());
        Tensor x = Tensor.of(new double[] {1, 2}).requireGrad();
        try (var _ = Gradients.enabled()) {
            Tensor two = x.square();
            assertThrows(RuntimeException.class, two::backward);
        }
    }
}
