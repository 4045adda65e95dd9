package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.LinearProblem;
import java.util.Arrays;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Solvers against the exact solution of the linear problem, x(σ) = T √(σ² + ¼)/√(T² + ¼), and the
 * order at which their error falls with the number of steps.
 */
class ConvergenceTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final double EXACT = exact(0);
    private static final NoiseSource ONES = (draw, shape) -> Tensor.ones(DType.F32, shape);

    private static double exact(double sigma) {
        return RANGE.sigmaMax() * Math.hypot(sigma, .5) / Math.hypot(RANGE.sigmaMax(), .5);
    }

    private static double end(Sampler sampler) {
        try (var _ = Scope.open()) {
            var request = SampleRequest.of(ONES, 1, 1, 1, 1).withClip(false);
            return sampler.sample(LinearProblem.DENOISER, request).item();
        }
    }

    /** Values of the same formulas in double precision, by NumPy. */
    @ParameterizedTest
    @CsvSource({
        "dpm++, 18, .5311400744",
        "dpm++, 40, .5051924249",
        "deis, 18, .5019623969",
        "deis, 40, .5001429810",
        "fast, 18, .5053248495",
        "fast, 20, .5049388737",
        "fast, 40, .5004208103",
    })
    void knownValues(String name, int steps, double expected) {
        Sampler sampler =
                switch (name) {
                    case "dpm++" -> new DpmPlusSampler(steps, RANGE);
                    case "deis" -> new DeisSampler(steps, RANGE, 3);
                    default -> new DpmFastSampler(steps, RANGE);
                };
        assertEquals(steps, sampler.evaluations());
        assertEquals(expected, end(sampler), 2e-5);
    }

    @Test
    void errorsFallAtTheOrderOfTheMethod() {
        checkOrder(1, 40, EXACT, n -> new EulerSampler(n, RANGE));
        checkOrder(1, 40, EXACT, n -> new DdimSampler(n, RANGE, 0));
        checkOrder(2, 40, EXACT, n -> new HeunSampler(n, RANGE, ChurnConfig.NONE));
        checkOrder(2, 40, EXACT, n -> new DpmSampler(n, RANGE, ChurnConfig.NONE));
        checkOrder(2, 40, EXACT, n -> new DpmPlusSampler(n, RANGE));
        checkOrder(3, 20, EXACT, n -> new DeisSampler(n, RANGE, 3));
        checkOrder(3, 40, exact(RANGE.sigmaMin()), n -> new DpmFastSampler(n, RANGE));
    }

    /** log₂ of the quotient of errors at n and 2n evaluations or steps. */
    private static void checkOrder(
            double order, int steps, double exact, IntFunction<Sampler> sampler) {
        double coarse = Math.abs(end(sampler.apply(steps)) - exact);
        double fine = Math.abs(end(sampler.apply(2 * steps)) - exact);
        double slope = Math.log(coarse / fine) / Math.log(2);
        assertTrue(
                slope > order - .15,
                () -> sampler.apply(steps) + " converges at order " + slope + ", not " + order);
        assertTrue(
                slope < order + 1,
                () -> sampler.apply(steps) + " converges at order " + slope + ", not " + order);
    }

    @Test
    void higherOrdersBeatEulerAtEqualEvaluations() {
        double euler = Math.abs(end(new EulerSampler(20, RANGE)) - EXACT);
        for (Sampler sampler :
                new Sampler[] {
                    new DpmPlusSampler(20, RANGE),
                    new DeisSampler(20, RANGE, 3),
                    new DpmFastSampler(20, RANGE),
                    new DpmSampler(10, RANGE, ChurnConfig.NONE),
                }) {
            assertEquals(20, sampler.evaluations());
            assertTrue(Math.abs(end(sampler) - EXACT) < euler / 2, sampler + " is no better");
        }
    }

    @Test
    void coefficientsIntegratePolynomials() {
        double[] known = {2, 5, 11, 20};
        double next = .7;
        double rho = 7;
        double[] c = DeisSampler.coefficients(known, next, rho);
        for (int power = 0; power <= 3; power++) { // ∫ t^p dσ = ρ/(ρ+p) σ^{(ρ+p)/ρ}
            double whole = 0;
            for (int j = 0; j < known.length; j++) {
                whole += c[j] * Math.pow(known[j], power / rho);
            }
            double at = (rho + power) / rho;
            assertEquals((Math.pow(next, at) - Math.pow(known[0], at)) / at, whole, 1e-9);
        }
        assertEquals(next - 2, DeisSampler.coefficients(new double[] {2}, next, rho)[0], 1e-12);
    }

    @Test
    void ordersSpendTheBudget() {
        assertArrayEquals(new int[] {3, 3, 2, 1}, DpmFastSampler.orders(9));
        for (int budget = 1; budget < 50; budget++) {
            assertEquals(budget, Arrays.stream(DpmFastSampler.orders(budget)).sum());
        }
    }
}
