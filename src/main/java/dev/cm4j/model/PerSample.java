package dev.cm4j.model;

import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * Numbers of which each sample has one, as tensors. They arrive in double precision and are rounded
 * to float32 here, last.
 */
public final class PerSample {

    private PerSample() {}

    /**
     * A vector.
     *
     * @param values one number for each sample [N]
     * @param device where it shall lie
     * @return float32 [N], owned by the innermost open {@code Scope}
     */
    public static Tensor vector(double[] values, Device device) {
        return shaped(values, device, values.length);
    }

    /**
     * A column that broadcasts over the sample's other dimensions.
     *
     * @param values one number for each sample [N]
     * @param x what it will be combined with, [N, …]; gives rank and device
     * @return float32 [N, 1, …, 1] of the rank of x, owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if values and x differ in N
     */
    public static Tensor column(double[] values, Tensor x) {
        require(values, x);
        var shape = new long[x.rank()];
        Arrays.fill(shape, 1);
        shape[0] = values.length;
        return shaped(values, x.device(), shape);
    }

    /**
     * Refuses numbers that do not match the samples.
     *
     * @param values one number for each sample
     * @param x samples [N, …]
     * @throws IllegalArgumentException unless there are N numbers
     */
    public static void require(double[] values, Tensor x) {
        if (x.rank() == 0 || x.size(0) != values.length) {
            throw new IllegalArgumentException(
                    "%d numbers do not match %s, which has one sample for each row"
                            .formatted(values.length, x));
        }
    }

    private static Tensor shaped(double[] values, Device device, long... shape) {
        var rounded = new float[values.length];
        for (int n = 0; n < rounded.length; n++) {
            rounded[n] = (float) values[n];
        }
        var tensor = Tensor.of(rounded, shape);
        return device.equals(Device.CPU) ? tensor : tensor.to(device);
    }
}
