package dev.cm4j.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.optim.Optimizer.Average;
import dev.cm4j.optim.OptimizerConfig.Kind;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Steps against closed forms and against PyTorch's trajectory. */
@ExtendWith(NoLeaks.class)
class OptimizerNativeTest {
    /**
     * p after t = 1 … 8 with p₀ = 1, gradient p, rate .1; from t = 6 on the variance is tractable.
     */
    private static final double[] RADAM = {
        .9,
        .805263157895,
        .715770052437,
        .63148663009,
        .552364195102,
        .549920979219,
        .546862953215,
        .543278166168
    };

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
    void radam_follows_pytorch() {
        try (Optimizer radam = Optimizer.create(OptimizerConfig.radam(), 3)) {
            Tensor p = Tensor.ones(DType.F32, 3);
            for (int t = 0; t < RADAM.length; t++) {
                radam.step(p, p.copy(), .1, 1, List.of());
                assertEquals(RADAM[t], p.toFloats()[2], 1e-6, "t = " + (t + 1));
            }
            assertEquals(8, radam.stepCount());
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void adam_family_against_the_formula(Kind kind) {
        var config = new OptimizerConfig(kind, .8, .95, 1e-3, .1);
        double p = 1;
        double m = 0;
        double v = 0;
        try (Optimizer optimizer = Optimizer.create(config, 1)) {
            Tensor weights = Tensor.ones(DType.F32, 1);
            for (int t = 1; t <= 12; t++) {
                double raw = Math.sin(t);
                optimizer.step(weights, Tensor.of(new float[] {(float) raw}), .05, 1, List.of());
                double g = kind == Kind.ADAMW ? raw : raw + .1 * p;
                if (kind == Kind.ADAMW) {
                    p *= 1 - .05 * .1;
                }
                m = .8 * m + .2 * g;
                v = .95 * v + .05 * g * g;
                double mHat = m / (1 - Math.pow(.8, t));
                double c2 = 1 - Math.pow(.95, t);
                if (kind == Kind.RADAM) {
                    double infinity = 2 / (1 - .95) - 1;
                    double rho = infinity - 2 * t * Math.pow(.95, t) / c2;
                    double r =
                            Math.sqrt(
                                    (rho - 4)
                                            * (rho - 2)
                                            * infinity
                                            / ((infinity - 4) * (infinity - 2) * rho));
                    p -=
                            rho > 5
                                    ? .05 * mHat * r * Math.sqrt(c2) / (Math.sqrt(v) + 1e-3)
                                    : .05 * mHat;
                } else {
                    p -= .05 * mHat / (Math.sqrt(v / c2) + 1e-3);
                }
                assertEquals(p, weights.item(), 2e-6, kind + " at t = " + t);
            }
            assertEquals(m, optimizer.expAvg().item(), 1e-6);
            assertEquals(v, optimizer.expAvgSq().item(), 1e-6);
        }
    }

    @Test
    void a_scaled_gradient_is_a_gradient_times_the_scale() {
        try (Optimizer one = Optimizer.create(OptimizerConfig.radam(), 100);
                Optimizer two = Optimizer.create(OptimizerConfig.radam(), 100)) {
            Tensor a = Noise.normal(1, new long[] {0}, 0, 100).squeeze(0);
            Tensor b = a.copy();
            Tensor g = Noise.normal(2, new long[] {0}, 0, 100).squeeze(0);
            for (int t = 0; t < 8; t++) {
                one.step(a, g, .01, .25, List.of());
                two.step(b, g.times(.25), .01, 1, List.of());
            }
            assertArrayEquals(b.toFloats(), a.toFloats(), 1e-6f);
        }
    }

    @Test
    void averages_follow_the_new_weights() {
        int n = 5000;
        try (Optimizer adam = Optimizer.create(OptimizerConfig.of(Kind.ADAM), n)) {
            Tensor p = Noise.normal(1, new long[] {0}, 0, n).squeeze(0);
            Tensor slow = p.copy();
            Tensor fast = p.copy();
            Tensor byHand = p.copy();
            Tensor g = Noise.normal(2, new long[] {0}, 0, n).squeeze(0);
            for (int t = 0; t < 4; t++) {
                adam.step(p, g, .1, 1, List.of(new Average(slow, .999), new Average(fast, .5)));
                Ema.update(byHand, p, .5);
            }
            assertArrayEquals(byHand.toFloats(), fast.toFloats(), 1e-6f);
            assertTrue(slow.minus(p).norm().item() > fast.minus(p).norm().item());
        }
    }

    @Test
    void moments_and_step_restore_a_run() {
        try (Optimizer first = Optimizer.create(OptimizerConfig.radam(), 37);
                Optimizer second = Optimizer.create(OptimizerConfig.radam(), 37)) {
            Tensor p = Tensor.ones(DType.F32, 37);
            for (int t = 0; t < 6; t++) {
                first.step(p, p.sin(), .1, 1, List.of());
            }
            Tensor q = p.copy();
            second.expAvg().assign(first.expAvg());
            second.expAvgSq().assign(first.expAvgSq());
            second.stepCount(first.stepCount());
            for (int t = 0; t < 3; t++) {
                first.step(p, p.sin(), .1, 1, List.of());
                second.step(q, q.sin(), .1, 1, List.of());
            }
            assertArrayEquals(p.toFloats(), q.toFloats());
            assertEquals(9, second.stepCount());
            assertThrows(IllegalArgumentException.class, () -> second.stepCount(-1));
        }
    }

    @Test
    void what_does_not_fit_is_refused() {
        try (Optimizer adam = Optimizer.create(OptimizerConfig.of(Kind.ADAM), 4)) {
            Tensor four = Tensor.zeros(DType.F32, 4);
            Tensor five = Tensor.zeros(DType.F32, 5);
            var error =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> adam.step(five, five, .1, 1, List.of()));
            assertTrue(
                    error.getMessage().startsWith("optimiser step of weights f32[5]"),
                    error.getMessage());
            assertThrows(
                    IllegalArgumentException.class, () -> adam.step(four, five, .1, 1, List.of()));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> adam.step(four, four.to(DType.F64), .1, 1, List.of()));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> adam.step(four, four, .1, 1, List.of(new Average(five, .5))));
            assertThrows(IllegalArgumentException.class, () -> new Average(four, 1.5));
            assertEquals(0, adam.stepCount());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> Optimizer.create(OptimizerConfig.radam(), -1));
    }

    @Test
    void a_closed_optimiser_is_refused() {
        Optimizer adam = Optimizer.create(OptimizerConfig.radam(), 4);
        adam.close();
        adam.close();
        assertThrows(IllegalStateException.class, adam::stepCount);
    }
}
