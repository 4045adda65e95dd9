package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.DiffusersTimesteps;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;
import java.util.List;
import java.util.Objects;

/**
 * The loop of diffusers' consistency pipeline: it begins at T · n whatever the first level is, and
 * takes the levels as they are given.
 *
 * <pre>
 *   x = T n₀
 *   for i = 1 … m:   x = f(x, σ_i) + s √(σ_{i+1}² − ε²) n_i      σ_{m+1} = ε: no noise
 * </pre>
 *
 * <p>{@link MultistepSampler} is the same for levels that fall from T to above ε, and refuses
 * others.
 *
 * <p>Source: huggingface/diffusers, {@code scheduling_consistency_models.py}, {@code step}.
 */
public final class DiffusersSampler implements ConsistencySampler {

    private final DiffusersTimesteps.Plan plan;
    private final NoiseRange range;
    private final double noiseScale;

    /**
     * Makes the sampler.
     *
     * @param plan the levels
     * @param range ε and T
     * @param noiseScale s, factor of the noise between evaluations, {@code s_noise}
     */
    public DiffusersSampler(DiffusersTimesteps.Plan plan, NoiseRange range, double noiseScale) {
        this.plan = Objects.requireNonNull(plan, "plan");
        this.range = Objects.requireNonNull(range, "range");
        this.noiseScale = noiseScale;
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var path = new Trajectory(model, request, range.sigmaMax(), evaluations());
        for (int i = 0; i < evaluations(); i++) {
            double sigma = plan.levels().get(i);
            double scale = i + 1 < evaluations() ? scale(plan.levels().get(i + 1)) : 0;
            path.step(
                    i,
                    sigma,
                    x ->
                            evaluations() == 1
                                    ? path.denoised(x, sigma)
                                    : path.plusNoise(path.denoised(x, sigma), scale));
        }
        return path.finish();
    }

    private double scale(double next) {
        double sigma = range.clip(next);
        return noiseScale * Math.sqrt(sigma * sigma - range.sigmaMin() * range.sigmaMin());
    }

    /**
     * The levels.
     *
     * @return as given
     */
    public List<Double> sigmas() {
        return plan.levels();
    }

    @Override
    public int evaluations() {
        return plan.levels().size();
    }
}
