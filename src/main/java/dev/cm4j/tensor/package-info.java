/**
 * Tensors of LibTorch and their life time: what every numerical room of the house is built from.
 *
 * <p>Main types: {@link dev.cm4j.tensor.Tensor}, owned by the innermost open {@link
 * dev.cm4j.tensor.Scope}, on a {@link dev.cm4j.tensor.Device}. In: Java arrays, memory segments,
 * seeds. Out: tensors, and the way back to arrays and segments. The native library loads at the
 * first use. Next: {@code dev.cm4j.data}, which fills them with images, and {@code dev.cm4j.nn},
 * which maps them through a network.
 */
package dev.cm4j.tensor;
