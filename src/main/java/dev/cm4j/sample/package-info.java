/**
 * From noise to images.
 *
 * <p>Main type: {@link dev.cm4j.sample.Sampler}, sealed in two halves: {@link
 * dev.cm4j.sample.ConsistencySampler} for consistency models, {@link
 * dev.cm4j.sample.DiffusionSampler} for their teachers. {@link dev.cm4j.sample.SigmaSearch} finds
 * noise levels, {@link dev.cm4j.sample.GraphedModel} makes multistep sampling one call on a device.
 *
 * <p>In: a {@code Denoiser} and a {@link dev.cm4j.sample.SampleRequest}, whose {@link
 * dev.cm4j.sample.NoiseSource} decides every number. Out: images [N, C, H, W] in [−1, 1]. Next:
 * {@code dev.cm4j.image}.
 */
package dev.cm4j.sample;
