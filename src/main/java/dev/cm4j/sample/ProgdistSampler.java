package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * The sampler of progressively distilled models: Euler steps between the n + 1 points of a grid
 * that ends at ε instead of 0.
 *
 * <p>Source: Salimans &amp; Ho 2022, in the form of the original consistency code.
 *
 * @param steps n, at least 1
 * @param range ends and curvature of the grid
 */
public record ProgdistSampler(int steps, NoiseRange range) implements DiffusionSampler {

    /**
     * Checks the number of steps.
     *
     * @throws IllegalArgumentException if steps is below 1
     */
    public ProgdistSampler {
        SolverGrid.requireSteps(steps);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var sigmas = range.grid(steps + 1).sigmas();
        return Trajectory.walk(model, request, sigmas, EulerSampler::step);
    }

    @Override
    public int evaluations() {
        return steps;
    }
}
