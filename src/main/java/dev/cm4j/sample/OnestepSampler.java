package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;

/**
 * One evaluation of a consistency function: f(T n, T).
 *
 * <p>Source: Song et al. 2023, section 3.
 *
 * @param range T is its largest level
 */
public record OnestepSampler(NoiseRange range) implements ConsistencySampler {

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var top = range.sigmaMax();
        var path = new Trajectory(model, request, top, 1);
        path.step(0, top, x -> path.denoised(x, top));
        return path.finish();
    }

    @Override
    public int evaluations() {
        return 1;
    }
}
