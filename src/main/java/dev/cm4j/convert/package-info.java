/**
 * Weights between layouts: the original's names and diffusers' folders.
 *
 * <p>Main type: {@link dev.cm4j.convert.DiffusersFolder}, a pipeline folder that opens under the
 * names of our networks and is written so that diffusers opens it. In: a path, or entries of a
 * file. Out: {@link dev.cm4j.checkpoint.TensorEntry} by name and a {@link dev.cm4j.nn.UNetConfig},
 * from which {@code dev.cm4j.nn} builds the network.
 */
package dev.cm4j.convert;
