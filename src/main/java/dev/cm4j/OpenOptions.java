package dev.cm4j;

import dev.cm4j.convert.SourceOptions;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import java.util.Optional;

/**
 * How a model is opened. Start with {@link #standard} and change what matters.
 *
 * <p>Element types, as {@code torch_dtype} in diffusers:
 *
 * <ul>
 *   <li>none: the arithmetic this machine is best at;
 *   <li>{@code F32}: everything in float32;
 *   <li>{@code BF16}: the network's fast path where the machine has one, else as {@code F32};
 *   <li>{@code F16}: kernels and matrices rounded to float16, computed in float32 on a processor,
 *       which has no faster way; pictures differ from those of {@code F32} by the rounding alone.
 * </ul>
 *
 * @param device where the network lives
 * @param dtype element type of the network
 * @param source what is known about the checkpoint that its files do not say
 */
public record OpenOptions(Device device, Optional<DType> dtype, SourceOptions source) {

    /**
     * @throws IllegalArgumentException if the network cannot have that type
     */
    public OpenOptions {
        dtype.ifPresent(Precision::of);
    }

    /** On the processor, with the arithmetic this machine is best at. */
    public static OpenOptions standard() {
        return new OpenOptions(Device.CPU, Optional.empty(), SourceOptions.NONE);
    }

    /** On another device. */
    public OpenOptions withDevice(Device other) {
        return new OpenOptions(other, dtype, source);
    }

    /** In another element type. */
    public OpenOptions withDtype(DType other) {
        return new OpenOptions(device, Optional.of(other), source);
    }

    /** With another of several sets of weights in a folder of diffusers, such as {@code fp16}. */
    public OpenOptions withVariant(String other) {
        return withSource(source.withVariant(other));
    }

    /** With what is known about the checkpoint, such as its heads. */
    public OpenOptions withSource(SourceOptions known) {
        return new OpenOptions(device, dtype, known);
    }

    /** What the network computes in. */
    Precision precision() {
        return dtype.map(Precision::of).orElseGet(() -> Precision.best(device));
    }
}
