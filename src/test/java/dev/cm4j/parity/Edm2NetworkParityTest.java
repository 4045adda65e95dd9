package dev.cm4j.parity;

import static dev.cm4j.testing.GoldenCases.near;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenCases;
import dev.cm4j.testing.GoldenNetwork;
import dev.cm4j.testing.NoLeaks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The network of NVlabs/edm2 against its own code, by tools/golden/edm2_network.py. */
@ExtendWith(NoLeaks.class)
class Edm2NetworkParityTest {

    private static final int SIZE = 16;
    private static final double[] SIGMAS = {80, .5};

    static Stream<JsonNode> cases() throws IOException {
        return GoldenCases.of("edm2-network");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward_and_backward(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            assertEquals(c.path("tensors").asInt(), net.parameterNames().size());
            assertEquals(c.path("numbers").asInt(), net.parameterCount());
            Tensor raw = net.forward(pictures(c), times(), labels(c));
            near(c.path("raw"), raw, image -> image.sum().item());
            near(c.path("raw_abs"), raw, image -> image.abs().sum().item());
            float[] values = raw.toFloats();
            near(c.path("raw_first").asDouble(), values[0]);
            near(c.path("raw_last").asDouble(), values[values.length - 1]);
            net.precision(Precision.BF16);
            Tensor again = net.forward(pictures(c), times(), labels(c));
            assertFalse(net.lastForwardWasFast());
            near(c.path("raw_abs"), again, image -> image.abs().sum().item());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradients_of_weights_pictures_and_times(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            for (boolean recomputed : List.of(false, true)) {
                net.checkpointing(recomputed);
                net.zeroGradients();
                Tensor x = pictures(c).requireGrad();
                Tensor t = times().requireGrad();
                try (var _ = Gradients.enabled()) {
                    net.forward(x, t, labels(c)).square().mean().backward();
                }
                near(c.path("gradient").asDouble(), norm(net.gradients()));
                closely(c.path("gradient_x").asDouble(), norm(x.grad().orElseThrow()));
                float[] slopes = t.grad().orElseThrow().toFloats();
                for (int n = 0; n < slopes.length; n++) {
                    closely(c.path("gradient_t").get(n).asDouble(), slopes[n]);
                }
                assertEquals(0, norm(net.gradient("emb_fourier.freqs")), "a constant");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void denoises(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            Tensor f =
                    new ConsistencyModel(net, new EdmScalings(.5), TimeInput.EDM)
                            .denoise(pictures(c), SIGMAS, labels(c));
            near(c.path("denoised"), f, image -> image.sum().item());
            near(c.path("denoised_abs"), f, image -> image.abs().sum().item());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void training_brings_stored_weights_to_unit_magnitude(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            double forced = c.path("forced_abs").asDouble();
            double before = magnitude(net);
            net.training(true);
            net.forward(pictures(c), times(), labels(c));
            assertEquals(before, magnitude(net), "a pass without recording");
            Tensor first = recorded(net, c);
            near(forced, magnitude(net));
            float[] stored = net.weights().toFloats();
            Tensor second = recorded(net, c); // must leave what the first still needs
            first.backward();
            second.backward();
            assertArrayEquals(stored, net.weights().toFloats());
            Tensor last = net.parameter("out_conv.weight");
            double unit = norm(last) / Math.sqrt(last.elementCount());
            assertEquals(1, unit, 3e-3); // all but the 1e-4 that a norm of 0 needs
            last.assign(last.times(3));
            recorded(net, c);
            assertEquals(unit, norm(last) / Math.sqrt(last.elementCount()), 3e-3);
            net.training(false);
            last.assign(last.times(3));
            recorded(net, c);
            assertEquals(3, norm(last) / Math.sqrt(last.elementCount()), 1e-2, "no training");
        }
    }

    private static double magnitude(UNet net) {
        return net.weights().to(DType.F64).abs().sum().item();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void derivative_along_a_direction(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            Tensor x = pictures(c);
            Tensor dx = GoldenNetwork.wave(j -> Math.sin(.9 * j), shape(c));
            Tensor dt = Tensor.of(new float[] {.3f, -.2f});
            for (boolean recording : List.of(false, true)) {
                var jvp =
                        recording
                                ? inGradients(() -> net.jvp(x, times(), labels(c), 0, dx, dt))
                                : net.jvp(x, times(), labels(c), 0, dx, dt);
                near(c.path("raw"), jvp.value(), image -> image.sum().item());
                double h = 1e-2;
                Tensor ahead =
                        net.forward(x.plus(dx.times(h)), times().plus(dt.times(h)), labels(c));
                Tensor behind =
                        net.forward(x.minus(dx.times(h)), times().minus(dt.times(h)), labels(c));
                Tensor slope = ahead.minus(behind).times(1 / (2 * h));
                double error = norm(slope.minus(jvp.tangent()));
                assertTrue(error < .01 * norm(slope), error + " of " + norm(slope));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equal_seeds_draw_equal_weights(JsonNode c) {
        try (UNet net = UNet.create(config(c), 7);
                Scope _ = Scope.open()) {
            Tensor all = net.weights().to(DType.F64);
            assertEquals(c.path("drawn").asDouble(), all.sum().item(), 1e-3);
            near(c.path("drawn_abs").asDouble(), all.abs().sum().item());
            assertEquals(0, net.parameter("out_gain").item());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void dropout_and_the_watch_reach_every_block(JsonNode c) {
        try (UNet net = UNet.create(config(c).withDropout(.5), 7);
                Scope _ = Scope.open()) {
            net.parameter("out_gain").fill(1);
            net.training(true);
            double one = net.forward(pictures(c), times(), labels(c), 1).abs().sum().item();
            double same = net.forward(pictures(c), times(), labels(c), 1).abs().sum().item();
            double other = net.forward(pictures(c), times(), labels(c), 2).abs().sum().item();
            assertEquals(one, same);
            assertNotEquals(one, other);
            String broken = c.path("mult").size() == 3 ? "dec.4x4_in1" : "dec.8x8_in1";
            net.parameter(broken + ".conv_res1.weight").fill(Double.NaN);
            net.watch(true);
            net.forward(pictures(c), times(), labels(c));
            assertEquals(Optional.of(broken), net.fault());
        }
    }

    private static Tensor recorded(UNet net, JsonNode c) {
        return inGradients(() -> net.forward(pictures(c), times(), labels(c)).square().mean());
    }

    private static <T> T inGradients(Supplier<T> work) {
        try (var _ = Gradients.enabled()) {
            return work.get();
        }
    }

    private static UNetConfig config(JsonNode c) {
        List<Integer> mult = new ArrayList<>();
        c.path("mult").forEach(m -> mult.add(m.asInt()));
        List<Integer> attention = new ArrayList<>();
        c.path("attention").forEach(size -> attention.add(size.asInt()));
        return new UNetBuilder()
                .kind(NetworkKind.EDM2)
                .imageSize(SIZE)
                .inChannels(c.path("channels").asInt())
                .outChannels(c.path("channels").asInt())
                .modelChannels(c.path("width").asInt())
                .channelMult(mult)
                .resBlocks(c.path("blocks").asInt())
                .attentionResolutions(attention)
                .heads(1)
                .headChannels(c.path("head").asInt())
                .classes(c.path("classes").asInt())
                .scaleShiftNorm(false)
                .convResample(false)
                .qkvOrder(QkvOrder.HEAD_DIM_THREE)
                .build();
    }

    /** Weights as the generator gives them. */
    private static UNet filled(JsonNode c) {
        UNet net = UNet.zeroed(config(c));
        try (var _ = Scope.open()) {
            List<String> names = net.parameterNames();
            for (int i = 0; i < names.size(); i++) {
                Tensor weight = net.parameter(names.get(i));
                long[] shape = weight.shape();
                Tensor values =
                        GoldenNetwork.wave(formula(names.get(i), i, weight), weight.elementCount());
                weight.assign(values.reshape(shape));
            }
        }
        return net;
    }

    private static IntToDoubleFunction formula(String name, int i, Tensor weight) {
        long[] shape = weight.shape();
        double scale = shape.length > 1 ? 1 / Math.sqrt(weight.elementCount() / shape[0]) : .1;
        if (name.equals("out_gain")) {
            return _ -> .7;
        }
        if (name.endsWith("freqs")) {
            return j -> 2 * Math.PI * Math.sin(j + 1);
        }
        if (name.endsWith("phases")) {
            return j -> 2 * Math.PI * (.5 + .5 * Math.cos(j + 1));
        }
        if (name.endsWith("emb_gain")) {
            return j -> 1 + 3 * .1 * Math.sin(.7 * (j + 1.) * (j + 1.) + 1.3 * (i + 1));
        }
        return j -> scale * Math.sin(.7 * (j + 1.) * (j + 1.) + 1.3 * (i + 1));
    }

    private static Tensor pictures(JsonNode c) {
        return GoldenNetwork.wave(j -> Math.cos(.37 * j + .2), shape(c));
    }

    private static Tensor times() {
        return Tensor.of(
                new float[] {
                    (float) Math.log(SIGMAS[0]) / 4, (float) Math.log(SIGMAS[1]) / 4,
                });
    }

    private static Optional<Tensor> labels(JsonNode c) {
        return c.path("classes").asInt() > 0
                ? Optional.of(GoldenNetwork.labels())
                : Optional.empty();
    }

    private static long[] shape(JsonNode c) {
        return new long[] {2, c.path("channels").asInt(), SIZE, SIZE};
    }

    private static double norm(Tensor values) {
        return Math.sqrt(values.square().sum().item());
    }

    /** For numbers far below 1. */
    private static void closely(double expected, double actual) {
        assertEquals(expected, actual, 1e-3 * Math.abs(expected));
    }
}
