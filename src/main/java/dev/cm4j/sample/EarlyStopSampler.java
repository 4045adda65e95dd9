package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;

/**
 * ES-DDPM: another model's images, noised to σ_k, are where a diffusion sampler starts, so the
 * steps above σ_k are saved.
 *
 * <pre>
 *   x₀ = images of the other model;   x = x₀ + σ_k n;   then the diffusion sampler from σ_k
 * </pre>
 *
 * <p>σ_k is the largest level of the diffusion sampler's own range. The draws of the diffusion
 * sampler follow those of the other.
 *
 * <p>Source: Lyu et al. 2022, algorithm 1.
 *
 * @param other model of the images to start from, borrowed; takes the same labels
 * @param first makes those images
 * @param rest finishes them; its range ends at σ_k
 */
public record EarlyStopSampler(Denoiser other, Sampler first, DiffusionSampler rest)
        implements DiffusionSampler {

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        var outer = Scope.current();
        try (var _ = Scope.open()) {
            var counted = new CountedNoise(request.noise());
            var images = first.sample(other, request.withNoise(counted));
            var refined = request.withNoise(counted.rest()).withStart(images);
            return rest.sample(model, refined).escapeTo(outer);
        }
    }

    @Override
    public int evaluations() {
        return first.evaluations() + rest.evaluations();
    }

    /** Noise that knows how many draws were used up. */
    private static final class CountedNoise implements NoiseSource {

        private final NoiseSource source;
        private int used;

        CountedNoise(NoiseSource source) {
            this.source = source;
        }

        @Override
        public Tensor normal(int draw, long... shape) {
            used = Math.max(used, draw + 1);
            return source.normal(draw, shape);
        }

        @Override
        public void skip(int draw, long... shape) {
            used = Math.max(used, draw + 1);
            source.skip(draw, shape);
        }

        /** The draws that were not used. */
        NoiseSource rest() {
            var first = used;
            return new NoiseSource() {
                @Override
                public Tensor normal(int draw, long... shape) {
                    return source.normal(first + draw, shape);
                }

                @Override
                public void skip(int draw, long... shape) {
                    source.skip(first + draw, shape);
                }
            };
        }
    }
}
