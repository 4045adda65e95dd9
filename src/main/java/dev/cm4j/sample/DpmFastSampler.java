package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * DPM-Solver-fast: singlestep solvers of order 3, and one of order 1 or 2 at the end, that together
 * use a given number of evaluations.
 *
 * <pre>
 *   λ = −ln σ, evenly spaced from T to ε;   e(x, σ) = (x − D(x; σ))/σ;   h = λ' − λ;   φ(h) = e^h − 1
 *   m = ⌊E/3⌋ + 1 steps: E = 3k: 3 … 3, 2, 1;   E = 3k + 1: 3 … 3, 1;   E = 3k + 2: 3 … 3, 2
 * </pre>
 *
 * <p>The curvature of the range is not used: the solver has its own spacing. It ends at ε, below
 * half a grey level.
 *
 * <p>Source: Lu et al. 2022, DPM-Solver, algorithms 1 and 2, appendix D.2 and D.3, with α = 1.
 *
 * @param evaluations E, at least 1
 * @param range T and ε
 */
public record DpmFastSampler(int evaluations, NoiseRange range) implements DiffusionSampler {

    /**
     * Checks the number of evaluations.
     *
     * @throws IllegalArgumentException if evaluations is below 1
     */
    public DpmFastSampler {
        SolverGrid.requireAtLeast("evaluations", evaluations, 1);
    }

    /** The order of each step; their sum is the number of evaluations. */
    static int[] orders(int evaluations) {
        var rest = evaluations % 3;
        var orders = new int[evaluations / 3 + 1];
        Arrays.fill(orders, 3);
        orders[orders.length - 1] = rest == 0 ? 1 : rest;
        if (rest == 0) {
            orders[orders.length - 2] = 2;
        }
        return orders;
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var orders = orders(evaluations);
        var path = new Trajectory(model, request, range.sigmaMax(), orders.length);
        for (int i = 0; i < orders.length; i++) {
            var order = orders[i];
            var sigma = level(i, orders.length);
            var next = level(i + 1, orders.length);
            path.step(
                    i,
                    sigma,
                    x ->
                            switch (order) {
                                case 1 -> EulerSampler.step(path, x, sigma, next);
                                case 2 -> second(path, x, sigma, next);
                                default -> third(path, x, sigma, next);
                            });
        }
        return path.finish();
    }

    /** σ_i, evenly spaced in λ: T (ε/T)^{i/m}. */
    private double level(int i, int steps) {
        return range.sigmaMax() * Math.pow(range.sigmaMin() / range.sigmaMax(), (double) i / steps);
    }

    /** x − σ' φ(h) e − σ' φ(h) (e₁ − e), e₁ at λ + h/2. */
    private static Tensor second(Trajectory path, Tensor x, double sigma, double next) {
        var h = Math.log(sigma / next);
        var first = path.slope(x, sigma);
        var middle = sigma * Math.exp(-h / 2);
        var change = path.slope(forward(x, first, sigma, middle), middle).minus(first); // e₁ − e
        return forward(x, first, sigma, next).minus(change.times(next * Math.expm1(h)));
    }

    /**
     * u₁ at λ + h/3, u₂ at λ + 2h/3, with r₁ = 1/3 and r₂ = 2/3:
     *
     * <pre>
     *   u₂ = x − σ₂ φ(r₂h) e − σ₂ (r₂/r₁) (φ(r₂h)/(r₂h) − 1) (e₁ − e)
     *   x' = x − σ' φ(h) e − (σ'/r₂) (φ(h)/h − 1) (e₂ − e)
     * </pre>
     */
    private static Tensor third(Trajectory path, Tensor x, double sigma, double next) {
        var h = Math.log(sigma / next);
        var first = path.slope(x, sigma);
        var sigma1 = sigma * Math.exp(-h / 3);
        var sigma2 = sigma * Math.exp(-2 * h / 3);
        var change1 = path.slope(forward(x, first, sigma, sigma1), sigma1).minus(first);
        var u2 =
                forward(x, first, sigma, sigma2)
                        .minus(change1.times(sigma2 * 2 * curvature(2 * h / 3)));
        var change2 = path.slope(u2, sigma2).minus(first);
        return forward(x, first, sigma, next).minus(change2.times(next * 1.5 * curvature(h)));
    }

    /** x − σ' φ(h) e = x − (σ − σ') e, the step of order 1. */
    private static Tensor forward(Tensor x, Tensor slope, double sigma, double next) {
        return x.plus(slope.times(next - sigma));
    }

    /** φ(h)/h − 1. */
    private static double curvature(double h) {
        return Math.expm1(h) / h - 1;
    }
}
