package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * DDIM in σ: keep part of the predicted noise and replace the rest.
 *
 * <pre>
 *   s = η σ' √(σ² − σ'²)/σ;   x = D + √(σ'² − s²) (x − D)/σ + s n
 * </pre>
 *
 * <p>η = 0 is deterministic and Euler's method, η = 1 the ancestral sampler.
 *
 * <p>Source: Song, Meng &amp; Ermon 2021, equations 12 and 16, with x/√ᾱ for x and √((1 − ᾱ)/ᾱ) for
 * σ.
 *
 * @param steps n, at least 1; levels are the n-point grid and 0
 * @param range ends and curvature of the grid
 * @param eta η, 0 to 1
 */
public record DdimSampler(int steps, NoiseRange range, double eta) implements DiffusionSampler {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if steps is below 1 or eta not in [0, 1]
     */
    public DdimSampler {
        SolverGrid.requireSteps(steps);
        SolverGrid.requireShare("eta", eta);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        return Trajectory.walk(model, request, SolverGrid.toZero(steps, range), this::step);
    }

    private Tensor step(Trajectory path, Tensor x, double sigma, double next) {
        var fresh = eta * AncestralSampler.up(sigma, next); // s
        var kept = Math.sqrt(next * next - fresh * fresh);
        // D + √(σ'² − s²) (x − D)/σ is an Euler step to the level √(σ'² − s²)
        return path.plusNoise(EulerSampler.step(path, x, sigma, kept), fresh);
    }

    @Override
    public int evaluations() {
        return steps;
    }
}
