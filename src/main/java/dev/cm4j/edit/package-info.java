/**
 * Editing pictures with a model that never learnt to: what is known is kept, the rest is made.
 *
 * <p>Main type: {@link dev.cm4j.edit.IterativeEdit}, which alternates a model with what a {@link
 * dev.cm4j.edit.Knowledge} knows. Beside it {@link dev.cm4j.edit.Inversion}, which finds the noise
 * of a picture, and {@link dev.cm4j.edit.ClassGuess}.
 *
 * <p>In: real pictures [N, C, H, W] in [−1, 1] and a {@code Denoiser}. Out: pictures of the same
 * shape. Next: {@code dev.cm4j}, whose {@code Editor} takes and gives bytes.
 */
package dev.cm4j.edit;
