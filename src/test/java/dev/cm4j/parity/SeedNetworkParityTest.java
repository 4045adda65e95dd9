package dev.cm4j.parity;

import static dev.cm4j.testing.GoldenCases.near;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.L2;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.NoiseSource;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.FixedCurriculum;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.SeedScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.Weighting;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The seed network against a second writing of it in PyTorch, tools/golden/seed_network.py. */
@ExtendWith(NoLeaks.class)
class SeedNetworkParityTest {

    static Stream<JsonNode> cases() throws IOException {
        return GoldenCases.of("seed-network");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forward_and_backward(JsonNode c) {
        try (UNet net = network(c, 1);
                Scope _ = Scope.open()) {
            assertEquals(c.path("tensors").asInt(), net.parameterNames().size());
            assertEquals(c.path("parameters").asInt(), net.parameterCount());
            Tensor x = GoldenNetwork.wave(j -> Math.cos(.37 * j + .2), shape(c));
            Tensor t = Tensor.of(new float[] {80, .5f});
            Tensor raw = net.forward(x, t, Optional.empty());
            near(c.path("raw"), raw, image -> image.sum().item());
            near(c.path("raw_abs"), raw, image -> image.abs().sum().item());
            float[] values = raw.toFloats();
            near(c.path("raw_first").asDouble(), values[0]);
            near(c.path("raw_last").asDouble(), values[values.length - 1]);
            for (boolean recomputed : List.of(false, true)) {
                net.checkpointing(recomputed);
                net.zeroGradients();
                try (var _ = Gradients.enabled()) {
                    net.forward(x, t, Optional.empty()).square().mean().backward();
                }
                near(
                        c.path("gradient").asDouble(),
                        Math.sqrt(net.gradients().square().sum().item()));
            }
            net.precision(Precision.BF16);
            Tensor again = net.forward(x, t, Optional.empty());
            assertFalse(net.lastForwardWasFast());
            near(c.path("raw_abs"), again, image -> image.abs().sum().item());
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void consistency_function(JsonNode c) {
        try (UNet net = network(c, 1);
                Scope _ = Scope.open()) {
            Tensor x = GoldenNetwork.wave(j -> Math.cos(.37 * j + .2), shape(c));
            Tensor f = model(net).denoise(x, new double[] {80, .5}, Optional.empty());
            near(c.path("scaled"), f, image -> image.sum().item());
            near(c.path("scaled_abs"), f, image -> image.abs().sum().item());
        }
    }

    /** The numbers of docs/algorithms.md, which were not made here. */
    @Test
    void consistency_function_as_documented() throws IOException {
        JsonNode c = cases().findFirst().orElseThrow();
        near(-5.65492239, c.path("scaled").get(0).asDouble() + c.path("scaled").get(1).asDouble());
        near(4.729057543, c.path("scaled_abs").get(0).asDouble());
        near(81.78992255, c.path("scaled_abs").get(1).asDouble());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void loss_of_consistency_training(JsonNode c) {
        try (UNet net = network(c, 1);
                UNet target = network(c, .9);
                Scope _ = Scope.open()) {
            int points = c.path("points").asInt();
            var terms =
                    new ConsistencyTraining(
                                    new FixedCurriculum(points),
                                    Weighting.UNIFORM,
                                    new L2(),
                                    NoiseRange.STANDARD)
                            .atIndices(
                                    GoldenNetwork.wave(j -> .5 * Math.cos(.37 * j + .2), shape(c)),
                                    GoldenNetwork.wave(j -> 1.3 * Math.sin(.11 * j), shape(c)),
                                    new int[] {
                                        c.path("indices").get(0).asInt(),
                                        c.path("indices").get(1).asInt()
                                    },
                                    points,
                                    Optional.empty(),
                                    model(net),
                                    model(target),
                                    1);
            double[] losses = terms.perSample().toDoubles();
            for (int n = 0; n < losses.length; n++) {
                double expected = c.path("losses").get(n).asDouble();
                assertEquals(expected, losses[n], 1e-3 * expected);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void samples_in_five_steps(JsonNode c) {
        NoiseSource waves =
                (draw, shape) -> GoldenNetwork.wave(j -> 1.2 * Math.cos(.53 * j + draw + 1), shape);
        List<Double> sigmas = new ArrayList<>();
        c.path("sigmas").forEach(sigma -> sigmas.add(sigma.asDouble()));
        try (UNet net = network(c, 1);
                Scope _ = Scope.open()) {
            Tensor sample =
                    MultistepSampler.atSigmas(sigmas, NoiseRange.STANDARD)
                            .sample(model(net), SampleRequest.of(waves, shape(c)).withClip(false));
            near(c.path("sample_abs"), sample, image -> image.abs().sum().item());
        }
    }

    private static UNet network(JsonNode c, double factor) {
        UNet net =
                UNet.zeroed(
                        UNetConfig.seed(32, c.path("channels").asInt()).toBuilder()
                                .imageSize(16)
                                .build());
        GoldenNetwork.fill(net, factor);
        return net;
    }

    private static ConsistencyModel model(UNet net) {
        return new ConsistencyModel(net, new SeedScalings(.5, .002), TimeInput.RAW);
    }

    private static long[] shape(JsonNode c) {
        return new long[] {2, c.path("channels").asInt(), 16, 16};
    }
}
