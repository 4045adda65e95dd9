package dev.cm4j.sample;

import dev.cm4j.tensor.Tensor;

/**
 * A finished step of a sampler.
 *
 * @param step number of the step, from 1
 * @param steps how many there will be
 * @param sigma noise level the step began at
 * @param latents the images after the step [N, C, H, W], with the noise of the next level; borrowed
 *     during the call
 * @param denoised the last estimate of the clean images [N, C, H, W], borrowed during the call
 */
public record SampleStep(int step, int steps, double sigma, Tensor latents, Tensor denoised) {}
