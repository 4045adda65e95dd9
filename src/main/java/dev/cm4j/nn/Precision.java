package dev.cm4j.nn;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Library;
import java.util.Arrays;

/**
 * Arithmetic of a network's forward and backward pass, and what it keeps between layers; weights,
 * gradients and statistics stay float32.
 *
 * <p>The plain path, LibTorch's operations one by one, is always float32. It takes the passes for
 * which there is no fast path, and all of a network that was told {@link UNet#plain}.
 */
public enum Precision {
    /** Exact to about 10⁻⁶: on the CPU the fast path where machine and shape allow it. */
    F32,
    /** Exact to about 10⁻²: the fast path where machine and shape allow it, else as F32. */
    BF16,
    /**
     * The blocks in float16, by copies of the convolutions' weights; embeddings and norms stay
     * float32. Training scales its loss.
     *
     * <p>Source: openai/consistency_models, {@code use_fp16}. On the CPU slow, for going on with
     * runs that were begun so.
     */
    F16;

    /** The type of the numbers that blocks compute with. */
    public DType dtype() {
        return switch (this) {
            case F32 -> DType.F32;
            case BF16 -> DType.BF16;
            case F16 -> DType.F16;
        };
    }

    /**
     * The arithmetic in a type.
     *
     * @throws IllegalArgumentException if networks do not compute in it
     */
    public static Precision of(DType type) {
        return Arrays.stream(values())
                .filter(precision -> precision.dtype() == type)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "a network computes in F32, BF16 or F16, not in " + type));
    }

    /** What a device is good at. */
    public static Precision best(Device device) {
        return device.isCuda() ? BF16 : best();
    }

    /** What this machine is good at, as the native library judges it. */
    public static Precision best() {
        return "bf16".equals(Library.info().get("precision")) ? BF16 : F32;
    }
}
