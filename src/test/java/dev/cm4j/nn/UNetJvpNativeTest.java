package dev.cm4j.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The derivative of the network along a direction, against other ways to the same number. */
@ExtendWith(NoLeaks.class)
class UNetJvpNativeTest {

    private static final long[] IMAGES = {0, 1};
    private static final double STEP = 1e-2;

    private Scope scope;
    private Tensor x;
    private Tensor t;
    private Tensor xTangent;
    private Tensor tTangent;

    @BeforeEach
    void open() {
        scope = Scope.open();
        x = Noise.normal(1, IMAGES, 0, 1, 16, 16);
        xTangent = Noise.normal(1, IMAGES, 1, 1, 16, 16);
        t = Tensor.of(new float[] {.4f, 1.1f});
        tTangent = Tensor.of(new float[] {.7f, -1.3f});
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @ParameterizedTest
    @CsvSource({
        // scale shift, resblocks resample, convolutions resample, attention, classes, patch,
        // dropout
        "true,  true,  true,  true,  10, 1, 0",
        "false, true,  true,  true,  0,  1, 0",
        "true,  false, true,  true,  0,  1, 0",
        "true,  false, false, false, 0,  1, 0",
        "false, false, false, true,  10, 1, 0",
        "true,  true,  true,  false, 10, 2, 0",
        "true,  true,  true,  true,  10, 2, .3"
    })
    void equals_central_differences(
            boolean scaleShift,
            boolean updown,
            boolean conv,
            boolean attention,
            int classes,
            int patch,
            double dropout) {
        try (UNet net =
                net(
                        small(classes)
                                .scaleShiftNorm(scaleShift)
                                .resblockUpdown(updown)
                                .convResample(conv)
                                .attentionResolutions(
                                        attention ? List.of(16 / patch, 8) : List.of())
                                .patch(patch)
                                .dropout(dropout)
                                .build())) {
            net.training(true);
            Optional<Tensor> labels = labels(classes);
            Jvp exact = net.jvp(x, t, labels, 5, xTangent, tTangent);
            assertArrayEquals(
                    net.forward(x, t, labels, 5).toFloats(), exact.value().toFloats(), 1e-5f);
            // f′ = (8 (f₁ − f₋₁) − (f₂ − f₋₂)) / 12 h, with an error of order h⁴
            Tensor near = at(net, labels, STEP).minus(at(net, labels, -STEP));
            Tensor far = at(net, labels, 2 * STEP).minus(at(net, labels, -2 * STEP));
            Tensor differences = near.times(8).minus(far).times(1 / (12 * STEP));
            double error = exact.tangent().minus(differences).norm().item();
            assertTrue(exact.tangent().norm().item() > 1, "a direction along which nothing moves");
            assertEquals(0, error / differences.norm().item(), 1e-3);
        }
    }

    private Tensor at(UNet net, Optional<Tensor> labels, double h) {
        return net.forward(x.plus(xTangent.times(h)), t.plus(tTangent.times(h)), labels, 5)
                .to(DType.F64);
    }

    /** ⟨u, J ẋ⟩ = ⟨Jᵀ u, ẋ⟩, the right side by reverse mode. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void equals_its_adjoint(boolean checkpointing) {
        try (UNet net = net(small(10).build())) {
            net.checkpointing(checkpointing);
            Tensor u = Noise.normal(1, IMAGES, 2, 1, 16, 16);
            Tensor leaf = x.copy().requireGrad();
            Tensor time = t.copy().requireGrad();
            try (var _ = Gradients.enabled()) {
                net.forward(leaf, time, labels(10), 0).backward(u);
            }
            double back =
                    dot(leaf.grad().orElseThrow(), xTangent)
                            + dot(time.grad().orElseThrow(), tTangent);
            Tensor forth = net.jvp(x, t, labels(10), 0, xTangent, tTangent).tangent();
            assertEquals(back, dot(u, forth), 1e-4 * Math.abs(back));
        }
    }

    /** The gradient of ‖J ẋ‖² along random weights, against central differences. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void the_derivative_can_be_differentiated_itself(boolean checkpointing) {
        try (UNet net = net(small(0).build())) {
            net.checkpointing(checkpointing);
            try (var _ = Gradients.enabled()) {
                Jvp jvp = net.jvp(x, t, Optional.empty(), 0, xTangent, tTangent);
                jvp.tangent().square().mean().backward();
            }
            Tensor start = net.weights().copy();
            Tensor along = Noise.normal(8, new long[] {0}, 0, start.elementCount()).squeeze(0);
            along = along.times(start); // relative to each weight; gaps between them stay 0
            double exact = dot(net.gradients(), along);
            double h = 3e-4;
            net.weights().assign(start.plus(along.times(h)));
            double more = tangentSquare(net);
            net.weights().assign(start.minus(along.times(h)));
            double less = tangentSquare(net);
            assertEquals((more - less) / (2 * h), exact, 5e-3 * Math.abs(exact));
        }
    }

    private double tangentSquare(UNet net) {
        Jvp jvp = net.jvp(x, t, Optional.empty(), 0, xTangent, tTangent);
        return jvp.tangent().to(DType.F64).square().mean().item();
    }

    @Test
    void has_the_dropout_masks_of_the_pass_in_either_precision() {
        try (UNet net = net(small(0).dropout(.5).build())) {
            net.training(true);
            for (Precision precision : Precision.values()) {
                net.precision(precision);
                net.firstImage(3);
                double other = distance(net, 6, 7);
                double same = distance(net, 6, 6);
                assertTrue(same < .05, precision + ": " + same);
                assertTrue(other > .2, precision + ": " + other);
            }
        }
    }

    /** Relative distance of a pass and the value beside a derivative. */
    private double distance(UNet net, long seed, long otherSeed) {
        Tensor value = net.jvp(x, t, Optional.empty(), seed, xTangent, tTangent).value();
        Tensor pass = net.forward(x, t, Optional.empty(), otherSeed);
        return value.minus(pass).norm().item() / pass.norm().item();
    }

    @Test
    void records_nothing_unless_asked() {
        try (UNet net = net(small(0).build())) {
            assertTrue(
                    !net.jvp(x, t, Optional.empty(), 0, xTangent, tTangent)
                            .tangent()
                            .requiresGrad());
        }
    }

    @Test
    void threads_take_turns() throws InterruptedException {
        try (UNet net = net(small(0).build());
                UNet other = net.copy()) {
            float[] expected = alone(net);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            List<Thread> threads = new ArrayList<>();
            for (UNet each : List.of(net, other)) {
                threads.add(
                        Thread.ofPlatform()
                                .uncaughtExceptionHandler((_, e) -> failure.set(e))
                                .start(() -> {
                                    for (int i = 0; i < 5; i++) {
                                        assertArrayEquals(expected, alone(each));
                                    }
                                }));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertNull(failure.get());
        }
    }

    /** With tensors of this thread. */
    private static float[] alone(UNet net) {
        try (var _ = Scope.open()) {
            Tensor image = Noise.normal(1, IMAGES, 0, 1, 16, 16);
            Tensor time = Tensor.of(new float[] {.4f, 1.1f});
            return net.jvp(image, time, Optional.empty(), 0, image, time).tangent().toFloats();
        }
    }

    @Test
    void a_tangent_of_another_shape_is_refused() {
        try (UNet net = net(small(0).build())) {
            var error =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> net.jvp(x, t, Optional.empty(), 0, x.narrow(0, 0, 1), tTangent));
            assertTrue(error.getMessage().contains("x_tangent differs"), error.getMessage());
            // the level of tangents was left: the next call works
            net.jvp(x, t, Optional.empty(), 0, xTangent, tTangent);
        }
    }

    private static UNetBuilder small(int classes) {
        return new UNetBuilder()
                .imageSize(16)
                .inChannels(1)
                .outChannels(1)
                .modelChannels(32)
                .resBlocks(1)
                .channelMult(List.of(1, 2))
                .attentionResolutions(List.of(8))
                .headChannels(32)
                .classes(classes);
    }

    private static Optional<Tensor> labels(int classes) {
        return classes > 0 ? Optional.of(Tensor.of(new long[] {3, 7})) : Optional.empty();
    }

    /** Random weights everywhere: the initial zeros would let nothing through. */
    private static UNet net(UNetConfig config) {
        UNet net = UNet.create(config, 1);
        net.precision(Precision.F32);
        net.parameters()
                .forEach((name, parameter) -> {
                    long[] shape = parameter.shape();
                    double fanIn = parameter.elementCount() / (double) shape[0];
                    Tensor noise =
                            Noise.normal(2, new long[] {name.hashCode()}, 0, shape).squeeze(0);
                    boolean norm = shape.length == 1 && name.endsWith("weight");
                    parameter.assign(
                            noise.times(shape.length > 1 ? 1 / Math.sqrt(fanIn) : .1)
                                    .plus(norm ? 1 : 0));
                });
        return net;
    }

    private static double dot(Tensor a, Tensor b) {
        return a.to(DType.F64).times(b.to(DType.F64)).sum().item();
    }
}
