package dev.cm4j.nn;

import dev.cm4j.tensor.Library;

/**
 * Arithmetic of a network's forward and backward pass; weights, gradients and statistics stay
 * float32.
 */
public enum Precision {
    /** The plain path. */
    F32,
    /** The fast path, where the machine and the shape allow it; else as {@link #F32}. */
    BF16;

    /** What this machine is good at, as the native library judges it. */
    public static Precision best() {
        return "bf16".equals(Library.info().get("precision")) ? BF16 : F32;
    }
}
