package dev.cm4j.nn;

import dev.cm4j.tensor.Device;
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

    /** What a device is good at. */
    public static Precision best(Device device) {
        return device.isCuda() ? BF16 : best();
    }

    /** What this machine is good at, as the native library judges it. */
    public static Precision best() {
        return "bf16".equals(Library.info().get("precision")) ? BF16 : F32;
    }
}
