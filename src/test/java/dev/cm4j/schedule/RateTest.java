package dev.cm4j.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Learning rates and rates of evaluation averages. */
class RateTest {

    @Test
    void learningRates() {
        assertEquals(1e-4, new LearningRate.Constant(1e-4).at(1 << 20));

        var line = new LearningRate.LinearToZero(2, 40);
        assertEquals(2, line.at(0));
        assertEquals(1.5, line.at(10));
        assertEquals(0, line.at(50));

        var rise = new LearningRate.WarmUp(3, 3);
        assertEquals(1, rise.at(0), 1e-15);
        assertEquals(2, rise.at(1), 1e-15);
        assertEquals(3, rise.at(9));
        assertEquals(3, new LearningRate.WarmUp(3, 0).at(0));

        var trapezoid = new LearningRate.WarmUpLinearTail(4, 2, 4, 10);
        assertEquals(2, trapezoid.at(0));
        assertEquals(4, trapezoid.at(1));
        assertEquals(4, trapezoid.at(6));
        assertEquals(1, trapezoid.at(9));
        assertEquals(0, trapezoid.at(10));
        assertEquals(4, new LearningRate.WarmUpLinearTail(4, 2, 0, 10).at(20));

        var root = new LearningRate.InverseSquareRoot(1e-2, 100, 0);
        assertEquals(1e-2, root.at(100));
        assertEquals(5e-3, root.at(400), 1e-15);
        assertEquals(1e-3, new LearningRate.InverseSquareRoot(1e-2, 100, 10).at(0), 1e-15);
    }

    @Test
    void averages() {
        assertEquals(.9999, new EmaRate.Constant(.9999).rate(7, 64));
        assertEquals(.99929047, new EmaRate.HalfLife(.5e6).rate(1000, 512), 5e-9);
        // at the ramp of 5 %, after 100 steps of 512 images, the half-life is 5 steps
        assertEquals(Math.pow(.5, .2), new EmaRate.HalfLife(.5e6, .05).rate(100, 512), 1e-12);
    }

    @Test
    void powerProfiles() {
        assertEquals(96.9949, EmaRate.Power.ofWidth(.01).gamma(), 6e-5);
        assertEquals(16.9722, EmaRate.Power.ofWidth(.05).gamma(), 6e-5);
        assertEquals(6.93720, EmaRate.Power.ofWidth(.10).gamma(), 6e-6);
        assertEquals(0, new EmaRate.Power(6.94).rate(1, 64));
        assertEquals(Math.pow(.99, 7.94), new EmaRate.Power(6.94).rate(100, 64), 1e-14);
        assertThrows(IllegalArgumentException.class, () -> EmaRate.Power.ofWidth(.3));
    }

    @Test
    void powerProfileIsAWeightedMean() {
        // with β(k) = (1 − 1/k)^(γ+1) the average of the numbers 1 … K tends to K (γ+1)/(γ+2)
        var rate = new EmaRate.Power(3);
        var average = 0.0;
        for (int k = 1; k <= 20_000; k++) {
            var beta = rate.rate(k, 1);
            average = beta * average + (1 - beta) * k;
        }
        assertEquals(4.0 / 5, average / 20_000, 1e-3);
    }

    @Test
    void refusesBadNumbers() {
        assertThrows(IllegalArgumentException.class, () -> new LearningRate.Constant(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> new LearningRate.WarmUpLinearTail(1, 6, 6, 10));
        assertThrows(IllegalArgumentException.class, () -> new EmaRate.Constant(2));
        assertThrows(IllegalArgumentException.class, () -> new EmaRate.HalfLife(0));
    }
}
