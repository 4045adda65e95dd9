package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.CudaDevice;
import dev.cm4j.testing.NoLeaks;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sampling as one native call is sampling step by step; devices agree. */
@ExtendWith(NoLeaks.class)
class GraphedModelNativeTest {

    private static final int COUNT = 3;

    @Test
    void one_call_makes_the_same_pictures() {
        try (var _ = Scope.open();
                UNet net = network()) {
            ConsistencyModel model = model(net);
            try (var graphed = new GraphedModel(model)) {
                for (List<Double> sigmas : List.of(List.of(80.0), List.of(80.0, 5.0, .8))) {
                    var sampler = MultistepSampler.atSigmas(sigmas, NoiseRange.STANDARD);
                    float[] expected = sampler.sample(model, request(Device.CPU)).toFloats();
                    float[] actual = sampler.sample(graphed, request(Device.CPU)).toFloats();
                    assertArrayEquals(expected, actual, 2e-4F);
                }
            }
        }
    }

    @Tag("cuda")
    @Test
    void a_device_makes_the_pictures_of_the_processor() {
        Device device = CudaDevice.required();
        var sampler = MultistepSampler.atSigmas(List.of(80.0, .8), NoiseRange.STANDARD);
        try (var _ = Scope.open();
                UNet net = network()) {
            float[] expected = sampler.sample(model(net), request(Device.CPU)).toFloats();
            net.to(device);
            float[] plain = sampler.sample(model(net), request(device)).toFloats();
            assertArrayEquals(expected, plain, 2e-2F);
            net.precision(Precision.BF16);
            try (var graphed = new GraphedModel(model(net))) {
                for (int i = 0; i < 6; i++) {
                    float[] actual = sampler.sample(graphed, request(device)).toFloats();
                    double mean = 0;
                    for (int k = 0; k < actual.length; k++) {
                        mean += Math.abs(actual[k] - expected[k]) / actual.length;
                    }
                    assertEquals(0, mean, 2e-2, "run " + i);
                }
                assertEquals(1, graphed.captures());
            }
        }
    }

    @Tag("cuda")
    @Test
    void noise_has_the_same_bits_on_every_device() {
        Device device = CudaDevice.required();
        try (var _ = Scope.open()) {
            long[] images = {0, 7, 1L << 40};
            Tensor here = Noise.normal(11, images, 2, 3, 33, 5);
            Tensor there = Noise.normal(device, 11, images, 2, 3, 33, 5);
            assertArrayEquals(here.toFloats(), there.toFloats());
        }
    }

    @Tag("cuda")
    @Test
    void a_network_on_a_device_computes_what_it_computes_here() {
        Device device = CudaDevice.required();
        try (var _ = Scope.open();
                UNet net = network()) {
            Tensor x = Noise.normal(1, new long[] {0, 1, 2}, 0, 1, 16, 16);
            Tensor t = Tensor.of(new float[] {-100, 0, 200});
            float[] expected = net.forward(x, t, Optional.empty()).toFloats();
            net.to(device);
            assertEquals(device, net.device());
            for (Precision precision : Precision.values()) {
                net.precision(precision);
                float[] actual =
                        net.forward(x.to(device), t.to(device), Optional.empty()).toFloats();
                double distance = 0;
                double size = 0;
                for (int k = 0; k < actual.length; k++) {
                    distance += Math.pow(actual[k] - expected[k], 2);
                    size += Math.pow(expected[k], 2);
                }
                double tolerance = precision == Precision.F32 ? 1e-4 : 3e-2;
                assertEquals(0, Math.sqrt(distance / size), tolerance, precision.name());
            }
        }
    }

    private static UNet network() {
        UNet net =
                UNet.create(
                        new UNetBuilder()
                                .imageSize(16)
                                .inChannels(1)
                                .outChannels(1)
                                .modelChannels(32)
                                .resBlocks(1)
                                .channelMult(List.of(1, 2))
                                .headChannels(32)
                                .build(),
                        1);
        try (var _ = Scope.open()) {
            Tensor weights = net.weights();
            // the network begins with zeros in its last layer
            Tensor noise = Noise.normal(5, new long[] {0}, 0, weights.elementCount());
            weights.assign(weights.plus(noise.reshape(weights.elementCount()).times(.02)));
        }
        return net;
    }

    private static ConsistencyModel model(UNet net) {
        return new ConsistencyModel(
                net, new BoundaryScalings(.5, NoiseRange.STANDARD.sigmaMin()), TimeInput.OPENAI);
    }

    private static SampleRequest request(Device device) {
        return SampleRequest.of(PerImageNoise.range(3, 0, COUNT).on(device), COUNT, 1, 16, 16);
    }
}
