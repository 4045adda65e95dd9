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
public record AncestralSampler(int steps, NoiseRange range) implements Sampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public AncestralSampler {
        range.grid(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var sigmas = range.grid(steps).sigmasWithZero();
        var path = new Trajectory(model, request, sigmas[0], steps);
        for (int i = 0; i < steps; i++) {
            var sigma = sigmas[i];
            var up = up(sigma, sigmas[i + 1]);
            var down = down(sigma, sigmas[i + 1]);
            path.step(
                    i,
                    sigma,
                    x -> path.plusNoise(x.plus(path.slope(x, sigma).times(down - sigma)), up));
        }
        return path.finish();
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
