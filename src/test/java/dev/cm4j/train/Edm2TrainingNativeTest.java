package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A magnitude-preserving network learns, and its noise features stay what they were. */
@ExtendWith(NoLeaks.class)
class Edm2TrainingNativeTest {

    @TempDir Path folder;

    @Test
    void loss_falls_and_magnitudes_stay() {
        Preset preset =
                TinyRuns.preset(
                        "digits-edm",
                        "network.kind=edm2",
                        "network.patch=1",
                        "network.scale_shift_norm=false",
                        "method.time.scale=1",
                        "optim.learning_rate.start={kind: constant, peak: 1.0e-2}");
        int steps = 80;
        var recorder = new TinyRuns.Recorder();
        Run run = TinyRuns.run(preset, folder, steps);
        try (Dataset data = TinyRuns.digits(16);
                TrainState state = Resume.begin(run)) {
            float[] features = numbers(state.online(), "emb_fourier.freqs");
            assertEquals(
                    StopReason.FINISHED, new Trainer(run, data, List.of(recorder)).train(state));
            assertArrayEquals(features, numbers(state.online(), "emb_fourier.freqs"));
            try (Scope _ = Scope.open()) {
                Tensor weight = state.online().parameter("out_conv.weight");
                double size = Math.sqrt(weight.square().mean().item());
                assertEquals(1, size, .05, "but for the last step");
            }
        }
        double early = mean(recorder.losses().subList(0, 20));
        double late = mean(recorder.losses().subList(steps - 20, steps));
        assertTrue(late < 0.7 * early, "loss " + early + " became " + late);
    }

    private static float[] numbers(UNet net, String name) {
        try (Scope _ = Scope.open()) {
            return net.parameter(name).toFloats();
        }
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }
}
