package dev.cm4j.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.optim.Optimizer.Average;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.tensor.Threads;
import dev.cm4j.testing.NoLeaks;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A hundred steps of network and optimiser together: they learn, and hold what they held after the
 * second. On one thread, since tiny operations on a busy machine spend their time waiting for each
 * other.
 */
@ExtendWith(NoLeaks.class)
class TrainingStepNativeTest {
    private static final int STEPS = 100;

    private int threads;

    @BeforeEach
    void takeOneThread() {
        threads = Threads.get();
        Threads.set(1);
    }

    @AfterEach
    void giveThreadsBack() {
        Threads.set(threads);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void objects_and_bytes_stay_constant_and_the_loss_falls(Precision precision) {
        var config =
                new UNetBuilder()
                        .imageSize(8)
                        .inChannels(1)
                        .outChannels(1)
                        .modelChannels(32)
                        .resBlocks(1)
                        .channelMult(List.of(1, 1))
                        .headChannels(32)
                        .build();
        try (var _ = Scope.open();
                UNet net = UNet.create(config, 1)) {
            net.precision(precision);
            Tensor weights = net.weights();
            Tensor average = weights.copy();
            try (Optimizer optimizer =
                    Optimizer.create(OptimizerConfig.radam(), weights.elementCount())) {
                double first = 0;
                double last = 0;
                NoLeaks.Counts counts = null;
                long bytes = 0;
                for (int step = 1; step <= STEPS; step++) {
                    try (var _ = Scope.open()) {
                        Tensor x = Noise.normal(1, new long[] {0, 1, 2, 3}, 0, 1, 8, 8);
                        Tensor t = Tensor.of(new float[] {-100, 0, 100, 200});
                        try (var _ = Gradients.enabled()) {
                            Tensor loss =
                                    net.forward(x, t, Optional.empty())
                                            .minus(x.sin())
                                            .square()
                                            .mean();
                            loss.backward();
                            last = loss.item();
                        }
                        optimizer.step(
                                weights,
                                net.gradients(),
                                1e-3,
                                1,
                                List.of(new Average(average, .9)));
                        net.zeroGradients();
                    }
                    if (step == 1) {
                        first = last;
                    } else if (step == 2) {
                        counts = NoLeaks.Counts.now();
                        bytes = NativeMemory.now();
                    } else {
                        assertEquals(
                                List.of(),
                                counts.differences(NoLeaks.Counts.now()),
                                "step " + step);
                        assertEquals(bytes, NativeMemory.now(), "bytes at step " + step);
                    }
                }
                assertTrue(last < first / 4, first + " fell to " + last + " only");
                assertEquals(STEPS, optimizer.stepCount());
            }
        }
    }
}
