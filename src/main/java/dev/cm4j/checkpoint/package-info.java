/**
 * Named tensors and files: there and back.
 *
 * <p>Main type: {@link dev.cm4j.checkpoint.TensorFile}, a mapped {@code .safetensors} or PyTorch
 * file. In: a path, any bytes. Out: {@link dev.cm4j.checkpoint.TensorEntry} by name, which become
 * tensors, or a {@link dev.cm4j.checkpoint.FormatException} that says what is wrong. Arrays of
 * NumPy come and go through {@link dev.cm4j.checkpoint.NpyFile} and {@link
 * dev.cm4j.checkpoint.NpzFile}. Nothing in a file is ever run. Next: {@code dev.cm4j.nn}, which
 * loads the tensors into a network.
 */
package dev.cm4j.checkpoint;
