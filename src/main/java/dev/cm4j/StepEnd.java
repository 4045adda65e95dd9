package dev.cm4j;

import dev.cm4j.tensor.Tensor;

/**
 * A finished step of one batch of a request.
 *
 * @param first number of the batch's first picture
 * @param count pictures of the batch
 * @param total pictures of the request
 * @param step number of the step, from 0 as in diffusers
 * @param steps how many there will be
 * @param sigma noise level the step began at
 * @param latents the batch after the step [count, C, H, W], with the noise of the next level;
 *     borrowed during the call
 * @param denoised the estimate of the clean pictures [count, C, H, W], borrowed during the call
 */
public record StepEnd(
        int first,
        int count,
        int total,
        int step,
        int steps,
        double sigma,
        Tensor latents,
        Tensor denoised) {

    /** How much of the request is done, in (0, 1]. */
    public double progress() {
        return (first + count * (step + 1.0) / steps) / total;
    }
}
