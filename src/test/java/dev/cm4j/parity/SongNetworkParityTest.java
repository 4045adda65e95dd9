package dev.cm4j.parity;

import static dev.cm4j.testing.GoldenCases.near;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.convert.OpenAiLayout;
import dev.cm4j.model.ClassMix;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.Jvp;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenCases;
import dev.cm4j.testing.GoldenNetwork;
import dev.cm4j.testing.NoLeaks;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** DDPM++ and NCSN++ against the code of NVlabs/edm, tools/golden/song_network.py. */
@ExtendWith(NoLeaks.class)
class SongNetworkParityTest {

    private static final int SIZE = 16;
    private static final double[] SIGMAS = {80, .5};

    static Stream<JsonNode> cases() throws IOException {
        return GoldenCases.of("song-network");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward_and_backward(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            Tensor x = picture(c);
            Optional<Tensor> labels = labels(c);
            Tensor raw = net.forward(x, times(), labels);
            near(c.path("raw"), raw, image -> image.sum().item());
            near(c.path("raw_abs"), raw, image -> image.abs().sum().item());
            float[] values = raw.toFloats();
            near(c.path("raw_first").asDouble(), values[0]);
            near(c.path("raw_last").asDouble(), values[values.length - 1]);
            for (boolean recomputed : List.of(false, true)) {
                net.checkpointing(recomputed);
                net.zeroGradients();
                try (var _ = Gradients.enabled()) {
                    net.forward(x, times(), labels).square().mean().backward();
                }
                near(
                        c.path("gradient").asDouble(),
                        Math.sqrt(net.gradients().square().sum().item()));
            }
            net.precision(Precision.BF16);
            Tensor again = net.forward(x, times(), labels);
            assertFalse(net.lastForwardWasFast());
            near(c.path("raw_abs"), again, image -> image.abs().sum().item());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void slopes_along_a_direction(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            Tensor dx = GoldenNetwork.wave(j -> .3 * Math.sin(.21 * j), shape(c));
            Tensor dt = Tensor.of(new float[] {.5f, -.25f});
            Jvp plain = net.jvp(picture(c), times(), labels(c), 0, dx, dt);
            slopes(c, plain);
            try (var _ = Gradients.enabled()) {
                Jvp recorded = net.jvp(picture(c), times(), labels(c), 0, dx, dt);
                slopes(c, recorded);
                net.zeroGradients();
                recorded.tangent().square().mean().backward();
            }
            double norm = net.gradients().square().sum().item();
            assertTrue(norm > 0 && Double.isFinite(norm), "norm² " + norm);
        }
    }

    private static void slopes(JsonNode c, Jvp jvp) {
        near(c.path("raw_abs"), jvp.value(), image -> image.abs().sum().item());
        near(c.path("slope"), jvp.tangent(), image -> image.sum().item());
        near(c.path("slope_abs"), jvp.tangent(), image -> image.abs().sum().item());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void denoiser(JsonNode c) {
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            Tensor x = GoldenNetwork.wave(j -> 3 * Math.cos(.37 * j + .2), shape(c));
            Tensor denoised =
                    new ConsistencyModel(net, new EdmScalings(.5), TimeInput.EDM)
                            .denoise(x, SIGMAS, labels(c));
            near(c.path("denoised_abs"), denoised, image -> image.abs().sum().item());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void layout_and_initial_weights(JsonNode c) throws NoSuchAlgorithmException {
        UNetConfig config = config(c);
        StringBuilder lines = new StringBuilder();
        OpenAiLayout.of(config)
                .forEach((name, shape) ->
                        lines.append(name).append(' ').append(Arrays.toString(shape)).append('\n'));
        byte[] digest =
                MessageDigest.getInstance("SHA-256")
                        .digest(lines.toString().getBytes(StandardCharsets.UTF_8));
        assertEquals(
                c.path("layout_sha256").asText(),
                HexFormat.of().formatHex(digest),
                () -> "" + lines);
        try (UNet net = UNet.create(config, 5);
                Scope _ = Scope.open()) {
            assertEquals(c.path("tensors").asInt(), net.parameterNames().size());
            assertEquals(List.copyOf(OpenAiLayout.of(config).keySet()), net.parameterNames());
            int fixed = config.kind() == NetworkKind.NCSNPP ? config.modelChannels() : 0;
            assertEquals(c.path("parameters").asLong(), net.parameterCount() - fixed);
            for (Map.Entry<String, JsonNode> initial : c.path("initial").properties()) {
                float[] values = net.parameter(initial.getKey()).toFloats();
                int[] places = {0, values.length / 2, values.length - 1};
                for (int i = 0; i < places.length; i++) {
                    double expected = initial.getValue().get(i).asDouble();
                    assertEquals(
                            expected,
                            values[places[i]],
                            1e-6 * Math.abs(expected),
                            initial.getKey());
                }
            }
        }
    }

    /** Nothing that trains a network moves its frequencies. */
    @Test
    void frequencies_have_no_gradient() throws IOException {
        JsonNode c = cases().skip(2).findFirst().orElseThrow();
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            try (var _ = Gradients.enabled()) {
                net.forward(picture(c), times(), labels(c)).square().mean().backward();
            }
            assertEquals(0, net.gradient("map_noise.freqs").abs().sum().item());
            assertTrue(net.gradient("map_layer0.weight").abs().sum().item() > 0);
        }
    }

    /** A mixture of one class is that class, and its weights must sum to 1. */
    @ParameterizedTest
    @MethodSource("cases")
    void mixtures_of_classes(JsonNode c) {
        int classes = c.path("classes").asInt();
        if (classes == 0) {
            return; // the other cases have them
        }
        try (UNet net = filled(c);
                Scope _ = Scope.open()) {
            var model = new ConsistencyModel(net, new EdmScalings(.5), TimeInput.EDM);
            Tensor x = GoldenNetwork.wave(j -> 3 * Math.cos(.37 * j + .2), shape(c));
            try (ClassMix mix = ClassMix.between(model, 0, classes - 1, 0, .5, 1)) {
                Tensor ends = mix.denoise(x, SIGMAS, Optional.of(Tensor.of(new long[] {0, 2})));
                near(c.path("denoised_abs"), ends, image -> image.abs().sum().item());
                Tensor middle = mix.denoise(x, SIGMAS, Optional.of(Tensor.of(new long[] {1, 1})));
                assertTrue(middle.minus(ends).abs().sum().item() > .01);
            }
            assertThrows(
                    IllegalArgumentException.class,
                    () -> ClassMix.of(model, new double[][] {new double[classes]}));
        }
    }

    /** Masks belong to a seed, and drop whether or not blocks are computed again. */
    @ParameterizedTest
    @MethodSource("cases")
    void dropout(JsonNode c) {
        try (UNet net = UNet.zeroed(config(c).withDropout(.5));
                Scope _ = Scope.open()) {
            GoldenNetwork.fill(net, 1);
            net.training(true);
            List<Double> norms = new ArrayList<>();
            for (boolean recomputed : List.of(false, true)) {
                net.checkpointing(recomputed);
                net.zeroGradients();
                try (var _ = Gradients.enabled()) {
                    net.forward(picture(c), times(), labels(c), 3).square().mean().backward();
                }
                norms.add(Math.sqrt(net.gradients().square().sum().item()));
            }
            near(norms.getFirst(), norms.getLast());
            Tensor first = net.forward(picture(c), times(), labels(c), 3);
            Tensor again = net.forward(picture(c), times(), labels(c), 3);
            Tensor other = net.forward(picture(c), times(), labels(c), 4);
            assertEquals(0, first.minus(again).abs().sum().item());
            assertTrue(first.minus(other).abs().sum().item() > 1);
            net.training(false);
            Tensor whole = net.forward(picture(c), times(), labels(c), 3);
            near(c.path("raw_abs"), whole, image -> image.abs().sum().item());
        }
    }

    private static UNetConfig config(JsonNode c) {
        UNetConfig published =
                NetworkKind.named(c.path("kind").asText()) == NetworkKind.DDPMPP
                        ? UNetConfig.ddpmpp()
                        : UNetConfig.ncsnpp();
        return published.toBuilder()
                .imageSize(SIZE)
                .inChannels(c.path("channels").asInt())
                .outChannels(c.path("channels").asInt())
                .modelChannels(c.path("width").asInt())
                .resBlocks(c.path("blocks").asInt())
                .channelMult(numbers(c.path("mult")))
                .attentionResolutions(numbers(c.path("attention")))
                .classes(c.path("classes").asInt())
                .build();
    }

    private static List<Integer> numbers(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asInt).toList();
    }

    private static UNet filled(JsonNode c) {
        UNet net = UNet.zeroed(config(c));
        GoldenNetwork.fill(net, 1);
        return net;
    }

    private static Tensor picture(JsonNode c) {
        return GoldenNetwork.wave(j -> Math.cos(.37 * j + .2), shape(c));
    }

    private static Tensor times() {
        return Tensor.of(
                new float[] {
                    (float) TimeInput.EDM.of(SIGMAS[0]), (float) TimeInput.EDM.of(SIGMAS[1])
                });
    }

    private static Optional<Tensor> labels(JsonNode c) {
        int classes = c.path("classes").asInt();
        return classes == 0
                ? Optional.empty()
                : Optional.of(Tensor.of(new long[] {0, classes - 1}));
    }

    private static long[] shape(JsonNode c) {
        return new long[] {2, c.path("channels").asInt(), SIZE, SIZE};
    }
}
