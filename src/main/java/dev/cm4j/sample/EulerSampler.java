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
public record EulerSampler(int steps, NoiseRange range) implements DiffusionSampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public EulerSampler {
        SolverGrid.requireSteps(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        return Trajectory.walk(model, request, SolverGrid.toZero(steps, range), EulerSampler::step);
    }

    /** x + (σ' − σ)(x − D)/σ, which every method of first order shares. */
    static Tensor step(Trajectory path, Tensor x, double sigma, double next) {
        return x.plus(path.slope(x, sigma).times(next - sigma));
    }

    @Override
    public int evaluations() {
        return steps;
    }
}
