package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * DPM-Solver++(2M): two estimates of the clean image, this step's and the last one's, extrapolated
 * in λ = −ln σ.
 *
 * <pre>
 *   h_i = λ_{i+1} − λ_i;   r = h_{i−1}/h_i
 *   D̄ = (1 + 1/(2r)) D_i − 1/(2r) D_{i−1}        D̄ = D_0 in the first step
 *   x = (σ_{i+1}/σ_i) x − (e^{−h_i} − 1) D̄        x = D_i in the last step, to σ = 0
 * </pre>
 *
 * <p>One evaluation a step, second order.
 *
 * <p>Source: Lu et al. 2022, DPM-Solver++, algorithm 2, with α = 1.
 *
 * @param steps n, at least 1; levels are the n-point grid and 0
 * @param range ends and curvature of the grid
 */
public record DpmPlusSampler(int steps, NoiseRange range) implements DiffusionSampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public DpmPlusSampler {
        SolverGrid.requireSteps(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var sigmas = SolverGrid.toZero(steps, range);
        try (var past = new History(1)) {
            return Trajectory.walk(
                    model,
                    request,
                    sigmas,
                    (path, x, sigma, next) -> {
                        var denoised = path.denoised(x, sigma);
                        var mean =
                                past.size() == 0 || next == 0
                                        ? denoised
                                        : extrapolated(
                                                denoised,
                                                past.value(0),
                                                ratio(past.sigma(0), sigma, next));
                        past.add(sigma, denoised);
                        // e^{−h} = σ'/σ
                        return x.times(next / sigma).plus(mean.times(1 - next / sigma));
                    });
        }
    }

    /** r = h_{i−1}/h_i. */
    private static double ratio(double before, double sigma, double next) {
        return Math.log(before / sigma) / Math.log(sigma / next);
    }

    private static Tensor extrapolated(Tensor now, Tensor before, double r) {
        return now.times(1 + 1 / (2 * r)).minus(before.times(1 / (2 * r)));
    }

    @Override
    public int evaluations() {
        return steps;
    }
}
