/**
 * Image files become data sets, data sets become batches.
 *
 * <p>Main types: {@link dev.cm4j.data.Dataset}, found by {@link dev.cm4j.data.DataSource}, and
 * {@link dev.cm4j.data.Batches}. In: a name such as {@code mnist}, or a path; a seed and a
 * position. Out: {@link dev.cm4j.data.Batch}, images [N, C, H, W] float32 in [−1, 1] and labels
 * [N]. Bad files are a {@code FormatException}. Next: {@code dev.cm4j.loss}, which adds the noise.
 */
package dev.cm4j.data;
