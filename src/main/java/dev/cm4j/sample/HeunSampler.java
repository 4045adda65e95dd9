package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * Heun's method on the probability-flow ODE, with optional churn.
 *
 * <pre>
 *   σ̂ and x by {@link ChurnConfig};   d₁ = (x − D(x; σ̂))/σ̂;   x̃ = x + (σ_{i+1} − σ̂) d₁
 *   if σ_{i+1} &gt; 0:   d₂ = (x̃ − D(x̃; σ_{i+1}))/σ_{i+1};   x̃ = x + (σ_{i+1} − σ̂)(d₁ + d₂)/2
 * </pre>
 *
 * <p>Uses up one draw of noise in each step even without churn, as the original does.
 *
 * <p>Source: Karras et al. 2022, algorithms 1 and 2.
 *
 * @param steps n, at least 1; levels are the n-point grid and 0
 * @param range ends and curvature of the grid
 * @param churn fresh noise of each step
 */
public record HeunSampler(int steps, NoiseRange range, ChurnConfig churn)
        implements DiffusionSampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public HeunSampler {
        SolverGrid.requireSteps(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        return Trajectory.walk(model, request, SolverGrid.toZero(steps, range), this::step);
    }

    private Tensor step(Trajectory path, Tensor x, double sigma, double next) {
        var raised = churn.raised(sigma, steps);
        var noisy = path.plusNoise(x, churn.scale(sigma, raised));
        var first = path.slope(noisy, raised);
        var euler = noisy.plus(first.times(next - raised));
        if (next == 0) {
            return euler;
        }
        var mean = first.plus(path.slope(euler, next)).times(0.5);
        return noisy.plus(mean.times(next - raised));
    }

    @Override
    public int evaluations() {
        return 2 * steps - 1;
    }
}
