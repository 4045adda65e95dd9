package dev.cm4j.testing;

import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.List;
import java.util.function.IntToDoubleFunction;

/**
 * The small conditional network whose results are known from OpenAI's own modules in float64: image
 * 16, one channel, 32 wide, two levels, attention at 8 px, ten classes, weights from a sine.
 */
public final class GoldenNetwork {

    /** N, C, H, W of the inputs the results belong to. */
    public static final long[] SHAPE = {2, 1, 16, 16};

    private GoldenNetwork() {}

    /** The network with every weight multiplied by a factor; the caller closes it. */
    public static UNet create(double factor, double dropout) {
        var net =
                UNet.zeroed(
                        new UNetConfig(
                                NetworkKind.ADM,
                                16,
                                1,
                                1,
                                32,
                                1,
                                List.of(1, 2),
                                List.of(8),
                                1,
                                -1,
                                32,
                                10,
                                dropout,
                                true,
                                true,
                                true,
                                1,
                                QkvOrder.THREE_HEAD));
        net.precision(Precision.F32);
        fill(net, factor);
        return net;
    }

    /** Gives each weight of a network its sine. */
    public static void fill(UNet net, double factor) {
        try (var _ = Scope.open()) {
            var names = net.parameterNames();
            for (int i = 0; i < names.size(); i++) {
                fill(net.parameter(names.get(i)), i, names.get(i).endsWith("weight"), factor);
            }
        }
    }

    private static void fill(Tensor parameter, int i, boolean weight, double factor) {
        var shape = parameter.shape();
        var scale = shape.length > 1 ? 1 / Math.sqrt(parameter.elementCount() / shape[0]) : 0.1;
        var offset = shape.length == 1 && weight ? 1 : 0;
        parameter.assign(
                wave(
                        j -> factor * (offset + scale * Math.sin(0.7 * (j + 1) + 1.3 * (i + 1))),
                        shape));
    }

    /** A tensor from a function of the flat index. */
    public static Tensor wave(IntToDoubleFunction f, long... shape) {
        var count = 1;
        for (var size : shape) {
            count *= (int) size;
        }
        var values = new float[count];
        for (int j = 0; j < count; j++) {
            values[j] = (float) f.applyAsDouble(j);
        }
        return Tensor.of(values, shape);
    }

    /** Labels 3 and 7. */
    public static Tensor labels() {
        return Tensor.of(new long[] {3, 7});
    }

    /** Clean images x₀ = ½ cos(0.37 j + 0.2). */
    public static Tensor images() {
        return wave(j -> 0.5 * Math.cos(0.37 * j + 0.2), SHAPE);
    }

    /** Training noise z = 1.3 sin(0.11 j). */
    public static Tensor noise() {
        return wave(j -> 1.3 * Math.sin(0.11 * j), SHAPE);
    }
}
