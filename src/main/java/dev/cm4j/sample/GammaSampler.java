package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;
import java.util.List;

/**
 * The γ-sampler: multistep sampling that keeps part of the noise it has instead of drawing all of
 * it anew.
 *
 * <pre>
 *   s = √(1 − γ²) (σ' − ε) + ε;   n̂ = (x − f(x, σ))/√(σ² − ε²)
 *   x = f(x, σ) + √(s² − ε²) n̂ + √(σ'² − s²) n
 * </pre>
 *
 * <p>γ = 1 is {@link MultistepSampler}, number for number; γ = 0 is deterministic. A consistency
 * trajectory model jumps to s by its network; here the jump keeps the direction of the noise, of
 * which f is the end at ε.
 *
 * <p>Source: Kim et al. 2024, algorithm 3.
 *
 * @param levels σ_1 … σ_m, the end and the range
 * @param gamma γ, 0 to 1
 */
public record GammaSampler(MultistepSampler levels, double gamma) implements ConsistencySampler {

    /**
     * Checks γ.
     *
     * @throws IllegalArgumentException unless gamma lies in [0, 1]
     */
    public GammaSampler {
        SolverGrid.requireShare("gamma", gamma);
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        return Trajectory.walk(
                model, request, levels.range().sigmaMax(), levels.path(), this::step);
    }

    private Tensor step(Trajectory path, Tensor x, double sigma, double next) {
        NoiseRange range = levels.range();
        var epsilon = range.sigmaMin();
        var kept = Math.sqrt(1 - gamma * gamma) * (next - epsilon) + epsilon; // s
        var clean = path.denoised(x, sigma);
        var lower = clean;
        if (kept > epsilon) {
            var scale = Math.sqrt(difference(kept, epsilon) / difference(sigma, epsilon));
            lower = clean.plus(x.minus(clean).times(scale));
        }
        return path.plusNoise(lower, Math.sqrt(difference(next, kept)));
    }

    /** a² − b². */
    private static double difference(double a, double b) {
        return Math.max(a * a - b * b, 0);
    }

    /** The noise levels of the evaluations. */
    public List<Double> sigmas() {
        return levels.sigmas();
    }

    @Override
    public int evaluations() {
        return levels.evaluations();
    }
}
