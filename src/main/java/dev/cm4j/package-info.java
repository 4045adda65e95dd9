/**
 * The front door: open a model, make pictures, score them, in a few lines.
 *
 * <p>Main type: {@link dev.cm4j.ConsistencyPipeline}. In: the path of a model file, how many
 * pictures, which noise levels, classes and seed. Out: tensors or images. For the command line see
 * {@code dev.cm4j.cli}, which says the same in words; every package below can be used on its own.
 */
package dev.cm4j;
