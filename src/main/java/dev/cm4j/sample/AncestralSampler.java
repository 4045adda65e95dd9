package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * Euler steps that go below the next level and climb back with fresh noise.
 *
 * <pre>
 *   σ_up = √(σ_{i+1}² (σ_i² − σ_{i+1}²)/σ_i²);   σ_down = √(σ_{i+1}² − σ_up²)
 *   x += (σ_down − σ_i)(x − D)/σ_i;   x += σ_up n
 * </pre>
 *
 * <p>Source: the original consistency code, {@code sample_euler_ancestral}.
 *
 * @param steps n, at least 1; levels are the n-point grid and 0
 * @param range ends and curvature of the grid
 */
public record AncestralSampler(int steps, NoiseRange range) implements DiffusionSampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public AncestralSampler {
        SolverGrid.requireSteps(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        return Trajectory.walk(
                model, request, SolverGrid.toZero(steps, range), AncestralSampler::step);
    }

    private static Tensor step(Trajectory path, Tensor x, double sigma, double next) {
        var lower = EulerSampler.step(path, x, sigma, down(sigma, next));
        return path.plusNoise(lower, up(sigma, next));
    }

    /** Noise added after a step. */
    static double up(double from, double to) {
        return to * Math.sqrt((from * from - to * to) / (from * from));
    }

    /** Level the step itself goes to. */
    static double down(double from, double to) {
        return to * to / from; // √(σ_{i+1}² − σ_up²)
    }

    @Override
    public int evaluations() {
        return steps;
    }
}
