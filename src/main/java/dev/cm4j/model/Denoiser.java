package dev.cm4j.model;

import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * A function from noisy to clean images: a consistency function f(x, σ), or the denoiser D(x; σ) of
 * a diffusion model.
 */
@FunctionalInterface
public interface Denoiser {

    /**
     * Estimates clean images.
     *
     * @param x noisy images [N, C, H, W], float32, borrowed
     * @param sigma noise level of each image [N], not negative
     * @param labels class of each image [N], int64, borrowed; empty for unconditional models
     * @return clean images, shape of x, owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if sigma or labels do not have one entry for each image
     */
    Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels);

    /** Where it computes and wants its images; the CPU unless it says otherwise. */
    default Device device() {
        return Device.CPU;
    }
}
