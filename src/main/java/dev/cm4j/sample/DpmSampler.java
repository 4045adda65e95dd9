package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * A midpoint method in σ^{1/3}, in the style of DPM-Solver-2, with optional churn.
 *
 * <pre>
 *   σ̂ and x by {@link ChurnConfig};   σ_m = ((σ̂^{1/3} + σ_{i+1}^{1/3})/2)³
 *   x_m = x + (σ_m − σ̂)(x − D(x; σ̂))/σ̂;   x += (σ_{i+1} − σ̂)(x_m − D(x_m; σ_m))/σ_m
 * </pre>
 *
 * <p>Uses up one draw of noise in each step even without churn, as the original does.
 *
 * <p>Source: Karras et al. 2022, appendix; the original consistency code, {@code sample_dpm}.
 *
 * @param steps n, at least 1; levels are the n-point grid and 0
 * @param range ends and curvature of the grid
 * @param churn fresh noise of each step
 */
public record DpmSampler(int steps, NoiseRange range, ChurnConfig churn)
        implements DiffusionSampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public DpmSampler {
        SolverGrid.requireSteps(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        return Trajectory.walk(model, request, SolverGrid.toZero(steps, range), this::step);
    }

    private Tensor step(Trajectory path, Tensor x, double sigma, double next) {
        var raised = churn.raised(sigma, steps);
        var middle = middle(raised, next);
        var noisy = path.plusNoise(x, churn.scale(sigma, raised));
        var half = noisy.plus(path.slope(noisy, raised).times(middle - raised));
        return noisy.plus(path.slope(half, middle).times(next - raised));
    }

    /** The level between two others, halfway in σ^{1/3}. */
    static double middle(double from, double to) {
        return Math.pow((Math.cbrt(from) + Math.cbrt(to)) / 2, 3);
    }

    @Override
    public int evaluations() {
        return 2 * steps;
    }
}
