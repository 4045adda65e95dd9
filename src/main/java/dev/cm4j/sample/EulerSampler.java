package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * Euler's method on the probability-flow ODE: x += d · (σ_{i+1} − σ_i), d = (x − D)/σ_i.
 *
 * <p>Source: Karras et al. 2022, section 3.
 *
 * @param steps n, at least 1; levels are the n-point grid and 0
 * @param range ends and curvature of the grid
 */
public record EulerSampler(int steps, NoiseRange range) implements Sampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public EulerSampler {
        range.grid(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var sigmas = range.grid(steps).sigmasWithZero();
        var path = new Trajectory(model, request, sigmas[0], steps);
        for (int i = 0; i < steps; i++) {
            var sigma = sigmas[i];
            var length = sigmas[i + 1] - sigma;
            path.step(i, sigma, x -> x.plus(path.slope(x, sigma).times(length)));
        }
        return path.finish();
    }

    @Override
    public int evaluations() {
        return steps;
    }
}
