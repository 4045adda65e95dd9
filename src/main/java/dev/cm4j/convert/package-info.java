/**
 * Checkpoints of other programs as ours, and ours as theirs.
 *
 * <p>Main type: {@link dev.cm4j.convert.CheckpointSource}, any checkpoint of a known network. In: a
 * path. Out: {@link dev.cm4j.checkpoint.TensorEntry} under the original's names, the {@link
 * dev.cm4j.nn.UNetConfig} they belong to and what is known of their noise levels, or one sentence
 * that says what the file is instead. {@link dev.cm4j.convert.ArchitectureInference} tells a
 * network from the names and shapes of its weights, {@link dev.cm4j.convert.DiffusersFolder} reads
 * and writes what diffusers opens. Next: the front door, which makes pictures with any of them.
 */
package dev.cm4j.convert;
