package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.PresetException;
import dev.cm4j.preset.Presets;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DDPM++ and NCSN++ learn. */
@ExtendWith(NoLeaks.class)
class SongTrainingNativeTest {

    private static final String NAME = "ddpmpp-cifar10";

    @TempDir Path folder;

    @Test
    void the_preset_is_the_published_recipe() {
        Preset preset = Presets.named(NAME);
        assertEquals(UNetConfig.ddpmpp().withDropout(.2), preset.network());
        Recipe recipe = preset.recipe(preset.budget().budget());
        assertEquals(128, recipe.batchSize());
        assertEquals(List.of(80.0, .821), preset.sampling().sigmas().get(2));
        // Eight stages of 3.2 million images.
        assertEquals(8 * 3_200_000L, 200_000L * recipe.batchSize());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ddpmpp", "ncsnpp"})
    void loss_falls_and_frequencies_stay(String kind) {
        Preset preset =
                TinyRuns.preset(
                        NAME,
                        "network.kind=" + kind,
                        "network.channel_mult=[1,2]",
                        "network.attention_resolutions=[8]",
                        "network.dropout=0",
                        // Denoising at levels where a picture can be learnt; stages change the
                        // loss.
                        "method.phases.0.objective.stages.first=-1",
                        "method.phases.0.objective.stages.count=1",
                        "method.phases.0.objective.times.mean=0",
                        "method.phases.0.objective.times.std=0.5",
                        "optim.learning_rate.start.peak=2.0e-3",
                        "optim.batch_size=16");
        int steps = 60;
        var recorder = new TinyRuns.Recorder();
        Run run = TinyRuns.run(preset, folder, steps);
        try (Dataset data = TinyRuns.digits(16);
                TrainState state = Resume.begin(run)) {
            float[] before = frequencies(state.online());
            assertEquals(
                    StopReason.FINISHED, new Trainer(run, data, List.of(recorder)).train(state));
            assertArrayEquals(before, frequencies(state.online()));
        }
        double early = mean(recorder.losses().subList(0, 10));
        double late = mean(recorder.losses().subList(steps - 20, steps));
        assertTrue(late < 0.8 * early, "loss " + early + " became " + late);
    }

    @Test
    void weight_decay_would_move_the_frequencies() {
        Preset decayed =
                TinyRuns.preset(NAME, "network.kind=ncsnpp", "optim.optimizer.weight_decay=0.01");
        var refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> decayed.recipe(decayed.budget().budget()));
        assertTrue(
                refused.getMessage().contains("fixed frequencies of a network of kind ncsnpp"),
                refused.getMessage());
    }

    @Test
    void what_a_kind_has_not_is_refused_by_name() {
        var refused =
                assertThrows(
                        PresetException.class,
                        () -> Presets.named(NAME, List.of("network.scale_shift_norm=true")));
        assertTrue(
                refused.getMessage()
                        .contains(
                                "scaleShiftNorm is true, but in a network of kind ddpmpp it can only be false"),
                refused.getMessage());
    }

    private static float[] frequencies(UNet net) {
        try (var _ = Scope.open()) {
            return net.parameterNames().contains("map_noise.freqs")
                    ? net.parameter("map_noise.freqs").toFloats()
                    : new float[0];
        }
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }
}
