/**
 * The consistency function and its teachers, as denoisers.
 *
 * <p>Main type: {@link dev.cm4j.model.Denoiser}, made from a network by {@link
 * dev.cm4j.model.ConsistencyModel}. Beside it {@link dev.cm4j.model.Guidance}, {@link
 * dev.cm4j.model.ClassMix} and {@link dev.cm4j.model.MainMemoryModel}, made from others.
 *
 * <p>In: noisy images [N, C, H, W] and a noise level for each. Out: clean images of the same shape.
 * Next: {@code dev.cm4j.loss}, which trains them, and {@code dev.cm4j.sample}, which uses them.
 */
package dev.cm4j.model;
