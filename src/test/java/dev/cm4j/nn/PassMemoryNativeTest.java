package dev.cm4j.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.foreign.TorchOutOfMemoryException;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.Edm2Networks;
import dev.cm4j.testing.NoLeaks;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a pass is said to need is what it takes, and a limit below that stops it in time. */
@ExtendWith(NoLeaks.class)
class PassMemoryNativeTest {

    private static final int IMAGES = 6;
    private static final List<UNetConfig> NETWORKS =
            List.of(
                    UNetConfig.mnist32Tiny().withClasses(0).withPatch(2),
                    UNetConfig.mnist32Tiny().withClasses(0).withDropout(0.1),
                    UNetConfig.test32().withClasses(0).toBuilder().headChannels(16).build(),
                    UNetConfig.mnist32Tiny().withClasses(0).toBuilder()
                            .scaleShiftNorm(false)
                            .resblockUpdown(false)
                            .build(),
                    UNetConfig.seed(32, 1),
                    UNetConfig.seed(64, 3),
                    Edm2Networks.builder(3).imageSize(32).attentionResolutions(List.of(16)).build(),
                    Edm2Networks.builder(1).channelMult(List.of(1, 2, 2)).dropout(.1).build(),
                    UNetConfig.ddpmpp().withDropout(0.1).toBuilder()
                            .modelChannels(32)
                            .resBlocks(1)
                            .build(),
                    UNetConfig.ncsnpp().toBuilder()
                            .imageSize(16)
                            .modelChannels(32)
                            .resBlocks(2)
                            .attentionResolutions(List.of(8))
                            .build());

    /** What one pass adds to the peak. */
    private static long measured(UNet net, boolean recording) {
        UNetConfig c = net.config();
        try (Scope _ = Scope.open()) {
            Tensor x =
                    Tensor.full(
                            0.5, DType.F32, IMAGES, c.inChannels(), c.imageSize(), c.imageSize());
            Tensor t = Tensor.ones(DType.F32, IMAGES);
            if (recording) {
                net.zeroGradients();
            }
            NativeMemory.resetPeak();
            long before = NativeMemory.now();
            if (recording) {
                try (var _ = Gradients.enabled()) {
                    net.forward(x, t, Optional.empty()).square().sum().backward();
                }
            } else {
                net.forward(x, t, Optional.empty());
            }
            return NativeMemory.peak() - before;
        }
    }

    private static void compare(UNetConfig config, Precision precision, boolean checkpointing) {
        try (UNet net = UNet.create(config, 1)) {
            net.precision(precision);
            net.training(true);
            net.checkpointing(checkpointing);
            PassMemory plan = PassMemory.training(config, precision, checkpointing, IMAGES);
            PassMemory goal = PassMemory.inference(config, precision, checkpointing, IMAGES);
            compare(net, plan, goal);
        }
    }

    /** A pass that is recorded, and the inference of a network as fresh. */
    private static void compare(UNet net, PassMemory plan, PassMemory goal) {
        UNetConfig config = net.config();
        try (UNet fresh = net.copy()) {
            if (net.precision() == Precision.F16) { // planned as float32; copies of weights are new
                assertTrue(plan.bytes() > 0.75 * measured(net, true), config + ", recorded");
                assertTrue(goal.bytes() > 0.75 * measured(fresh, false), config + ", inference");
                return;
            }
            // on the fast path exact but for output, loss and their gradients
            double tolerance = plan.exact() ? 0.02 : 0.15;
            assertClose(plan, measured(net, true), tolerance, config + ", recorded");
            assertEquals(plan.exact(), net.lastForwardWasFast());
            assertEquals(net.parameterCount() * 4.0, plan.parameters(), 0.05 * plan.parameters());
            tolerance = goal.exact() ? 0.02 : 0.15;
            assertClose(goal, measured(fresh, false), tolerance, config + ", inference");
            assertEquals(goal.exact(), fresh.lastForwardWasFast());
        }
    }

    private static void assertClose(PassMemory plan, long measured, double tolerance, String what) {
        assertTrue(
                Math.abs(plan.bytes() - measured) <= tolerance * measured,
                plan.bytes() + " planned, " + measured + " measured: " + what);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void a_pass_takes_what_was_planned(Precision precision) {
        NETWORKS.stream()
                .filter(c -> precision != Precision.F16 || c.kind() == NetworkKind.ADM)
                .forEach(config -> compare(config, precision, false));
    }

    @Test
    void the_plain_path_takes_what_was_planned() {
        for (UNetConfig config : NETWORKS) {
            try (UNet net = UNet.create(config, 1)) {
                net.training(true);
                net.plain(true);
                PassMemory plan = PassMemory.plain(config, true, false, IMAGES);
                assertFalse(plan.exact());
                compare(net, plan, PassMemory.plain(config, false, false, IMAGES));
            }
        }
    }

    @Test
    void recomputing_takes_less_as_planned() {
        for (UNetConfig config : NETWORKS) {
            compare(config, Precision.F32, true);
            long kept = PassMemory.plain(config, true, false, IMAGES).bytes();
            long again = PassMemory.training(config, Precision.F32, true, IMAGES).bytes();
            // the widest pictures of a seed network lie outside what is recomputed
            double share = config.kind() == NetworkKind.SEED ? 0.65 : 0.6;
            assertTrue(again < share * kept, again + " against " + kept);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void a_limit_stops_a_pass_and_the_network_goes_on(Precision precision) {
        UNetConfig config = NETWORKS.getFirst();
        try (UNet net = UNet.create(config, 1)) {
            net.precision(precision);
            long needed = PassMemory.training(config, precision, false, IMAGES).bytes();
            try (Scope _ = Scope.open()) {
                net.zeroGradients();
            }
            NativeMemory.limit(NativeMemory.now() + needed / 2);
            try {
                var error =
                        assertThrows(TorchOutOfMemoryException.class, () -> measured(net, true));
                assertTrue(error.getMessage().contains("limit"), error.getMessage());
                assertTrue(NativeMemory.peak() <= NativeMemory.limit());
                assertTrue(measured(net, false) > 0, "inference needs less than half");
            } finally {
                NativeMemory.limit(0);
            }
            assertTrue(measured(net, true) > 0);
        }
    }

    @Test
    void an_idle_pool_makes_way_for_another_shape() {
        UNetConfig config = NETWORKS.getFirst();
        if (!PassMemory.training(config, Precision.BF16, false, 1).exact()) {
            return; // a machine without the fast path keeps nothing between passes
        }
        try (UNet net = UNet.create(config, 1);
                Scope _ = Scope.open()) {
            net.precision(Precision.BF16);
            measured(net, true);
            long small = NativeMemory.now();
            Tensor x = Tensor.zeros(DType.F32, IMAGES + 1, 1, 32, 32);
            Tensor t = Tensor.ones(DType.F32, IMAGES + 1);
            long more = PassMemory.training(config, Precision.BF16, false, IMAGES + 1).bytes();
            long less = PassMemory.training(config, Precision.BF16, false, IMAGES).bytes();
            NativeMemory.limit(small + (more - less) + (2 << 20)); // not both pools
            try (var _ = Gradients.enabled()) {
                net.forward(x, t, Optional.empty()).square().sum().backward();
            } finally {
                NativeMemory.limit(0);
            }
            assertTrue(net.lastForwardWasFast());
        }
    }

    @Test
    void no_images_are_refused() {
        assertThrows(
                IllegalArgumentException.class,
                () -> PassMemory.inference(UNetConfig.mnist32Tiny(), Precision.F32, 0));
    }
}
