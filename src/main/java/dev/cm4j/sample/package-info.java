/**
 * From noise to images.
 *
 * <p>Main type: {@link dev.cm4j.sample.Sampler}; for consistency models {@link
 * dev.cm4j.sample.OnestepSampler} and {@link dev.cm4j.sample.MultistepSampler}, for diffusion
 * models the others.
 *
 * <p>In: a {@code Denoiser} and a {@link dev.cm4j.sample.SampleRequest}, whose {@link
 * dev.cm4j.sample.NoiseSource} decides every number. Out: images [N, C, H, W] in [−1, 1]. Next:
 * {@code dev.cm4j.image}.
 */
package dev.cm4j.sample;
