package dev.cm4j.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, weights, loading and options of the network. */
@ExtendWith(NoLeaks.class)
class UNetNativeTest {
    private static final UNetConfig SMALL =
            new UNetBuilder()
                    .imageSize(16)
                    .inChannels(1)
                    .outChannels(1)
                    .modelChannels(32)
                    .resBlocks(1)
                    .channelMult(List.of(1, 2))
                    .attentionResolutions(List.of(8))
                    .headChannels(32)
                    .classes(10)
                    .build();

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static UNetConfig preset(String name) {
        return switch (name) {
            case "test32" -> UNetConfig.test32();
            case "mnist32" -> UNetConfig.mnist32();
            case "mnist32Tiny" -> UNetConfig.mnist32Tiny();
            case "cifar10" -> UNetConfig.cifar10();
            case "cifar10Small" -> UNetConfig.cifar10Small();
            case "imagenet64" -> UNetConfig.imagenet64();
            case "bedroom256" -> UNetConfig.bedroom256();
            default -> throw new IllegalArgumentException(name);
        };
    }

    @ParameterizedTest
    @CsvSource({
        "test32, 1000, 201, 1280643",
        "mnist32, 10, 277, 7661185",
        "mnist32, 0, 276, 7658625",
        "mnist32Tiny, 10, 199, 1371233",
        "mnist32Tiny, 0, 198, 1369953",
        "cifar10, 0, 494, 57091203",
        "cifar10, 10, 495, 57096323",
        "cifar10Small, 0, 306, 17957571",
    })
    void presets_have_the_published_size(String name, int classes, int tensors, long parameters) {
        assertSize(name, classes, tensors, parameters);
    }

    @ParameterizedTest
    @CsvSource({
        "imagenet64, 1000, 541, 295899267",
        "imagenet64, 0, 540, 295131267",
        "bedroom256, 0, 566, 526304771"
    })
    void large_presets_have_the_published_size(
            String name, int classes, int tensors, long parameters) {
        Assumptions.assumeTrue(
                "1".equals(System.getenv("CM4J_LARGE_TESTS")),
                "takes gigabytes of memory; set CM4J_LARGE_TESTS=1");
        assertSize(name, classes, tensors, parameters);
    }

    private static void assertSize(String name, int classes, int tensors, long parameters) {
        try (UNet net = UNet.zeroed(preset(name).withClasses(classes))) {
            assertEquals(tensors, net.parameterNames().size());
            assertEquals(parameters, net.parameterCount());
            assertTrue(net.weights().elementCount() >= parameters);
        }
    }

    @Test
    void names_are_pytorchs_in_registration_order() {
        try (UNet net = UNet.zeroed(SMALL)) {
            List<String> names = net.parameterNames();
            assertEquals(
                    List.of(
                            "time_embed.0.weight",
                            "time_embed.0.bias",
                            "time_embed.2.weight",
                            "time_embed.2.bias",
                            "label_emb.weight",
                            "input_blocks.0.0.weight",
                            "input_blocks.0.0.bias",
                            "input_blocks.1.0.in_layers.0.weight"),
                    names.subList(0, 8));
            assertEquals(
                    List.of("out.0.weight", "out.0.bias", "out.2.weight", "out.2.bias"),
                    names.subList(141, 145));
            assertTrue(
                    names.contains("output_blocks.1.2.in_layers.2.weight"),
                    "the up block follows an attention as .2");
            assertTrue(names.contains("middle_block.1.qkv.weight"));
            assertArrayEquals(
                    new long[] {192, 64, 1, 1}, net.parameter("middle_block.1.qkv.weight").shape());
            assertEquals(names, List.copyOf(net.parameters().keySet()));
            var error = assertThrows(NoSuchElementException.class, () -> net.parameter("nobody"));
            assertTrue(error.getMessage().contains("'nobody'"), error.getMessage());
        }
    }

    @Test
    void initial_weights_are_pytorchs() {
        try (UNet net = UNet.create(SMALL, 5);
                Rng rng = Rng.seeded(5)) {
            // Linear(32, 128): weight and bias uniform in ±1/√fan_in, drawn in this order.
            double bound = 1 / Math.sqrt(32);
            Tensor weight = rng.uniform(128, 32).times(2 * bound).minus(bound);
            Tensor bias = rng.uniform(128).times(2 * bound).minus(bound);
            assertArrayEquals(
                    weight.toFloats(), net.parameter("time_embed.0.weight").toFloats(), 1e-6f);
            assertArrayEquals(
                    bias.toFloats(), net.parameter("time_embed.0.bias").toFloats(), 1e-6f);
            for (String zero :
                    List.of(
                            "out.2.weight",
                            "middle_block.1.proj_out.weight",
                            "middle_block.0.out_layers.3.weight")) {
                assertEquals(0, net.parameter(zero).abs().max().item(), zero);
            }
            assertEquals(1, net.parameter("out.0.weight").min().item());
            try (UNet same = UNet.create(SMALL, 5);
                    UNet other = UNet.create(SMALL, 6)) {
                assertArrayEquals(net.weights().toFloats(), same.weights().toFloats());
                assertNotEquals(net.weights().sum().item(), other.weights().sum().item());
            }
        }
    }

    @Test
    void a_copy_is_independent() {
        try (UNet net = UNet.create(SMALL, 1)) {
            net.precision(Precision.F32);
            try (UNet copy = net.copy()) {
                assertEquals(net.config(), copy.config());
                float[] before = net.weights().toFloats();
                assertArrayEquals(before, copy.weights().toFloats());
                copy.weights().fill(3);
                assertArrayEquals(before, net.weights().toFloats());
            }
        }
    }

    @Test
    void loading_copies_every_parameter() {
        try (UNet source = UNet.create(SMALL, 1);
                UNet target = UNet.zeroed(SMALL)) {
            Map<String, Tensor> half = new LinkedHashMap<>();
            source.parameters()
                    .forEach((name, tensor) -> half.put(name, tensor.to(DType.BF16).to(DType.F64)));
            target.load(half);
            for (String name : source.parameterNames()) {
                assertArrayEquals(
                        source.parameter(name).to(DType.BF16).toFloats(),
                        target.parameter(name).toFloats(),
                        name);
            }
        }
    }

    @Test
    void loading_names_every_difference_and_changes_nothing() {
        try (UNet net = UNet.create(SMALL, 1)) {
            float[] before = net.weights().toFloats();
            Map<String, Tensor> wrong = new LinkedHashMap<>();
            net.parameters().forEach((name, tensor) -> wrong.put(name, tensor.plus(1)));
            wrong.remove("out.2.bias");
            wrong.remove("label_emb.weight");
            wrong.put("class_emb.weight", Tensor.zeros(DType.F32, 1));
            wrong.put("out.0.bias", Tensor.zeros(DType.F32, 33));
            var error = assertThrows(IllegalArgumentException.class, () -> net.load(wrong));
            assertEquals(
                    "144 tensors do not fit a network of 145 parameters: 2 missing: label_emb.weight, out.2.bias;"
                            + " 1 unknown to the network: class_emb.weight; 1 of another shape: out.0.bias is"
                            + " f32[33], the network has f32[32]",
                    error.getMessage());
            assertArrayEquals(before, net.weights().toFloats());
        }
    }

    @Test
    void forward_checks_what_it_is_given() {
        try (UNet net = UNet.create(SMALL, 1)) {
            Tensor x = Tensor.zeros(DType.F32, 2, 1, 16, 16);
            Tensor t = Tensor.zeros(DType.F32, 2);
            Optional<Tensor> y = Optional.of(Tensor.of(new long[] {1, 2}));
            assertArrayEquals(new long[] {2, 1, 16, 16}, net.forward(x, t, y).shape());
            refused(() -> net.forward(x, t, Optional.empty()));
            refused(() -> net.forward(x, t, Optional.of(Tensor.of(new long[] {1, 10}))));
            refused(() -> net.forward(x, t, Optional.of(Tensor.of(new long[] {1}))));
            refused(() -> net.forward(x, Tensor.zeros(DType.F32, 3), y));
            refused(() -> net.forward(x.to(DType.F64), t, y));
            refused(() -> net.forward(Tensor.zeros(DType.F32, 2, 3, 16, 16), t, y));
            refused(() -> net.forward(Tensor.zeros(DType.F32, 2, 1, 15, 16), t, y));
        }
    }

    private static void refused(Executable call) {
        var error = assertThrows(IllegalArgumentException.class, call);
        assertTrue(error.getMessage().startsWith("U-Net forward of x "), error.getMessage());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gradients_add_up_until_they_are_forgotten(boolean checkpointing) {
        try (UNet net = UNet.create(SMALL, 1)) {
            net.precision(Precision.F32);
            net.checkpointing(checkpointing);
            randomise(net);
            double once = gradientSum(net);
            assertTrue(once > 0);
            assertEquals(2 * once, gradientSum(net), 1e-3 * once);
            assertEquals(
                    0,
                    net.gradient("label_emb.weight").select(0, 0).abs().sum().item(),
                    "label 0 took no part");
            assertTrue(net.gradient("label_emb.weight").select(0, 3).abs().sum().item() > 0);
            net.zeroGradients();
            assertEquals(0, net.gradients().abs().sum().item());
        }
    }

    /** Small numbers everywhere: the initial zeros would let no gradient through. */
    private static void randomise(UNet net) {
        net.parameters()
                .forEach((name, parameter) -> {
                    long[] row = {name.hashCode()};
                    Tensor noise = Noise.normal(2, row, 0, parameter.shape()).squeeze(0);
                    parameter.assign(noise.times(.05));
                });
    }

    private static double gradientSum(UNet net) {
        Tensor x = Noise.normal(1, new long[] {0, 1}, 0, 1, 16, 16);
        Tensor t = Tensor.of(new float[] {100, -100});
        try (var _ = Gradients.enabled()) {
            net.forward(x, t, Optional.of(Tensor.of(new long[] {3, 7}))).square().mean().backward();
        }
        return net.gradients().abs().sum().item();
    }

    @Test
    void dropout_masks_follow_their_seed() {
        try (UNet net = UNet.create(SMALL.withDropout(.5), 1)) {
            net.precision(Precision.F32);
            randomise(net);
            Tensor x = Noise.normal(1, new long[] {0, 1}, 0, 1, 16, 16);
            Tensor t = Tensor.of(new float[] {100, -100});
            Optional<Tensor> y = Optional.of(Tensor.of(new long[] {3, 7}));
            float[] plain = net.forward(x, t, y, 1).toFloats();
            assertArrayEquals(plain, net.forward(x, t, y, 2).toFloats());
            net.training(true);
            float[] one = net.forward(x, t, y, 1).toFloats();
            assertArrayEquals(one, net.forward(x, t, y, 1).toFloats());
            assertFalse(Arrays.equals(one, net.forward(x, t, y, 2).toFloats()));
            assertFalse(Arrays.equals(one, plain));
        }
    }

    @Test
    void precision_is_remembered() {
        try (UNet net = UNet.zeroed(SMALL)) {
            for (Precision precision : Precision.values()) {
                net.precision(precision);
                assertEquals(precision, net.precision());
            }
        }
    }

    @Test
    void the_plain_path_is_taken_where_it_is_asked_for() {
        try (UNet net = UNet.create(SMALL, 1)) {
            randomise(net);
            Tensor x = Noise.normal(1, new long[] {0, 1}, 0, 1, 16, 16);
            Tensor t = Tensor.of(new float[] {100, -100});
            Optional<Tensor> y = Optional.of(Tensor.of(new long[] {3, 7}));
            for (Precision precision : Precision.values()) {
                net.precision(precision);
                net.plain(true);
                Tensor exact = net.forward(x, t, y);
                assertFalse(net.lastForwardWasFast());
                net.plain(false);
                Tensor fast = net.forward(x, t, y);
                boolean exists = PassMemory.inference(SMALL, precision, 1).exact();
                assertEquals(exists, net.lastForwardWasFast());
                double apart = fast.minus(exact).norm().item() / exact.norm().item();
                assertTrue(
                        apart < (precision == Precision.F32 ? 1e-5 : .05), precision + " " + apart);
            }
        }
    }

    @Test
    void recomputing_in_float32_takes_the_plain_path_with_the_same_masks() {
        try (UNet net = UNet.create(SMALL.withDropout(.5), 1)) {
            net.precision(Precision.F32);
            net.training(true);
            randomise(net);
            double fast = gradientSum(net);
            net.zeroGradients();
            net.checkpointing(true);
            assertEquals(fast, gradientSum(net), 1e-4 * fast);
            assertFalse(net.lastForwardWasFast());
        }
    }

    @Test
    void views_outlive_the_network() {
        UNet net = UNet.create(SMALL, 1);
        Tensor weights = net.weights();
        double sum = weights.sum().item();
        net.close();
        net.close();
        assertEquals(sum, weights.sum().item());
        assertThrows(IllegalStateException.class, net::weights);
    }

    @Test
    void a_pass_on_a_second_thread_is_refused() throws Exception {
        try (UNet net = UNet.create(SMALL, 1)) {
            net.use().begin();
            var second = new FutureTask<>(() -> output(net));
            Thread.ofPlatform().start(second);
            var failure = assertThrows(ExecutionException.class, second::get).getCause();
            assertInstanceOf(IllegalStateException.class, failure);
            assertTrue(
                    failure.getMessage()
                            .startsWith(
                                    "this network is in use by thread '"
                                            + Thread.currentThread().getName()
                                            + "'"),
                    failure.getMessage());
            net.use().end();
            assertEquals(16 * 16, output(net).size());
        }
    }

    @Test
    void threads_that_race_get_the_right_numbers_or_are_refused() throws Exception {
        try (UNet net = UNet.create(SMALL, 1);
                var threads = Executors.newFixedThreadPool(2)) {
            net.weights().fill(.01); // a new network ends in zeros, whatever it computes
            List<Float> alone = output(net);
            List<Future<List<Float>>> passes = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                passes.add(threads.submit(() -> output(net)));
            }
            int right = 0;
            for (Future<List<Float>> pass : passes) {
                try {
                    assertEquals(alone, pass.get());
                    right++;
                } catch (ExecutionException e) {
                    assertInstanceOf(IllegalStateException.class, e.getCause());
                }
            }
            assertTrue(right > 0);
        }
    }

    @Test
    void threads_may_close_at_once() throws Exception {
        try (var threads = Executors.newFixedThreadPool(2)) {
            for (int i = 0; i < 300; i++) {
                UNet net = UNet.zeroed(SMALL);
                var barrier = new CyclicBarrier(2);
                Callable<Boolean> closing =
                        () -> {
                            barrier.await();
                            net.close();
                            return true;
                        };
                for (Future<Boolean> closed : threads.invokeAll(List.of(closing, closing))) {
                    assertTrue(closed.get());
                }
            }
        }
    }

    private static List<Float> output(UNet net) {
        try (var _ = Scope.open();
                var noise = Rng.seeded(5)) {
            Tensor x = noise.normal(1, 1, 16, 16);
            Tensor t = Tensor.of(new float[] {100}, 1);
            List<Float> values = new ArrayList<>();
            for (float value :
                    net.forward(x, t, Optional.of(Tensor.of(new long[] {3}, 1))).toFloats()) {
                values.add(value);
            }
            return values;
        }
    }
}
