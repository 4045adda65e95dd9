package dev.cm4j.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Three small networks whose weights are a formula, on the fast path in float32 and on the plain
 * path, against openai/consistency_models run in float64. Numbers: the output o for x_j = cos(.37 j
 * + .2), time inputs 250 ln 80 and 250 ln .5, labels 3 and 7, and the norm of the gradient of mean
 * o².
 */
@ExtendWith(NoLeaks.class)
class UNetParityTest {
    private static final double TOLERANCE = 1e-4;

    private static UNetBuilder common() {
        return new UNetBuilder()
                .imageSize(16)
                .inChannels(1)
                .outChannels(1)
                .modelChannels(32)
                .resBlocks(1)
                .channelMult(List.of(1, 2))
                .attentionResolutions(List.of(8))
                .headChannels(32);
    }

    @Test
    void scale_shift_conditional() {
        var expected =
                new Expected(
                        145,
                        827_617,
                        -8.660571118,
                        259.6065107,
                        .0173060985,
                        -.022134076,
                        -.0455573514,
                        .356649059,
                        16.1001206);
        assertParity(common().classes(10).build(), expected);
    }

    @Test
    void additive_unconditional() {
        var expected =
                new Expected(
                        144,
                        760_289,
                        -18.882331,
                        214.4242831,
                        -.0434475248,
                        -.04568313,
                        -.0398012777,
                        -.147716172,
                        15.6770997);
        assertParity(common().scaleShiftNorm(false).build(), expected);
    }

    @Test
    void resampling_by_convolutions() {
        var expected =
                new Expected(
                        128,
                        755_009,
                        -123.7120365,
                        167.3668308,
                        -.031059027,
                        -.0693860429,
                        -.0874206835,
                        -.0931551707,
                        20.4354401);
        assertParity(common().resblockUpdown(false).build(), expected);
    }

    private record Expected(
            int tensors,
            long parameters,
            double sum,
            double absoluteSum,
            double first,
            double second,
            double third,
            double last,
            double gradientNorm) {}

    private static void assertParity(UNetConfig config, Expected expected) {
        assertParity(config, expected, false);
        assertParity(config, expected, true);
    }

    private static void assertParity(UNetConfig config, Expected expected, boolean plain) {
        try (var _ = Scope.open();
                UNet net = UNet.zeroed(config)) {
            net.precision(Precision.F32);
            net.plain(plain);
            assertEquals(expected.tensors(), net.parameterNames().size());
            assertEquals(expected.parameters(), net.parameterCount());
            fill(net);
            float[] x = new float[2 * 16 * 16];
            for (int j = 0; j < x.length; j++) {
                x[j] = (float) Math.cos(.37 * j + .2);
            }
            Tensor images = Tensor.of(x, 2, 1, 16, 16);
            Tensor times =
                    Tensor.of(
                            new float[] {
                                (float) (250 * Math.log(80)), (float) (250 * Math.log(.5))
                            });
            Optional<Tensor> labels =
                    config.classes() == 0
                            ? Optional.empty()
                            : Optional.of(Tensor.of(new long[] {3, 7}));
            Tensor output;
            try (var _ = Gradients.enabled()) {
                output = net.forward(images, times, labels);
                output.square().mean().backward();
            }
            double[] o = output.toDoubles();
            double sum = 0;
            double absolute = 0;
            for (double value : o) {
                sum += value;
                absolute += Math.abs(value);
            }
            assertEquals(expected.absoluteSum(), absolute, TOLERANCE * expected.absoluteSum());
            assertEquals(expected.sum(), sum, TOLERANCE * expected.absoluteSum());
            assertEquals(expected.first(), o[0], TOLERANCE);
            assertEquals(expected.second(), o[1], TOLERANCE);
            assertEquals(expected.third(), o[2], TOLERANCE);
            assertEquals(expected.last(), o[o.length - 1], TOLERANCE);
            assertEquals(
                    expected.gradientNorm(),
                    net.gradients().norm().item(),
                    TOLERANCE * expected.gradientNorm());
        }
    }

    /**
     * Parameter i, element j: s · sin(.7 (j + 1) + 1.3 (i + 1)), s = 1/√row or .1; norm gains are 1
     * more.
     */
    private static void fill(UNet net) {
        int i = 0;
        for (String name : net.parameterNames()) {
            Tensor parameter = net.parameter(name);
            int count = (int) parameter.elementCount();
            boolean vector = parameter.rank() == 1;
            double scale = vector ? .1 : 1 / Math.sqrt((double) count / parameter.size(0));
            double offset = vector && name.endsWith("weight") ? 1 : 0;
            double[] values = new double[count];
            for (int j = 0; j < count; j++) {
                values[j] = offset + scale * Math.sin(.7 * (j + 1) + 1.3 * (i + 1));
            }
            parameter.assign(Tensor.of(values, parameter.shape()));
            i++;
        }
    }
}
