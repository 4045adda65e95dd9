package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.tensor.Tensor;

/**
 * A way from noise to images. Samplers keep no state; the same request gives the same images.
 *
 * <p>All start from x = T · n, n the request's first draw, or from images with that noise on them;
 * they work in float32, and limit the result to [−1, 1].
 */
public sealed interface Sampler permits ConsistencySampler, DiffusionSampler {

    /**
     * Samples images.
     *
     * @param model a consistency function, or the denoiser of a diffusion model
     * @param request what to sample
     * @return images [N, C, H, W], float32 in [−1, 1], owned by the innermost open {@code Scope};
     *     everything else is freed step by step
     * @throws java.util.concurrent.CancellationException if the listener ended the sampling
     */
    Tensor sample(Denoiser model, SampleRequest request);

    /**
     * What the sampler costs.
     *
     * @return evaluations of the model for each image
     */
    int evaluations();
}
