/**
 * Pictures as bytes: in from files, out to files.
 *
 * <p>Main types: {@link dev.cm4j.image.Picture} and {@link dev.cm4j.image.Png}. In: images [N, C,
 * H, W] float32 in [−1, 1], made bytes by {@link dev.cm4j.image.PixelRange}, or a picture file.
 * Out: a PNG file, alone or as a {@link dev.cm4j.image.Grid}. Works without a display. This is the
 * end of the walk; {@code dev.cm4j.data} begins it with the same readers.
 */
package dev.cm4j.image;
