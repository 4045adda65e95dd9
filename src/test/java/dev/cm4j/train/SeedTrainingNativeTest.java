package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.schedule.EpochCurriculum;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The recipe of the first public re-implementation, on its own network. */
@ExtendWith(NoLeaks.class)
class SeedTrainingNativeTest {

    @TempDir Path folder;

    @Test
    void the_presets_are_the_published_recipe() {
        for (var published :
                Map.of("seed-mnist", 26_176_010L, "seed-cifar10", 26_189_908L).entrySet()) {
            Preset preset = Presets.named(published.getKey());
            Recipe recipe = preset.recipe(preset.budget().budget());
            try (TrainState state = TrainState.create(recipe, 1)) {
                assertEquals(published.getValue(), state.online().parameterCount());
            }
            assertEquals(128, recipe.batchSize());
            assertEquals(List.of(80.0, 40.0, 20.0, 10.0, 5.0), preset.sampling().sigmas().get(5));
            assertEquals(List.of(80.0, 2.0), preset.sampling().sigmas().get(2));
        }
    }

    @Test
    void loss_falls_and_epochs_move_the_grid() {
        Preset preset = TinyRuns.preset("seed-mnist", "optim.learning_rate.start.peak=1.0e-3");
        int steps = 198; // two to an epoch
        var recorder = new TinyRuns.Recorder();
        Run run = TinyRuns.run(preset, folder, steps);
        try (Dataset data = TinyRuns.digits(16);
                TrainState state = Resume.begin(run)) {
            assertEquals(
                    StopReason.FINISHED, new Trainer(run, data, List.of(recorder)).train(state));
        }
        var curriculum = new EpochCurriculum(2, 149, 100, steps);
        for (int k = 0; k < steps; k++) {
            assertEquals(curriculum.scales(k), recorder.steps.get(k).scales());
        }
        assertEquals(16, recorder.steps.getFirst().scales());
        assertEquals(150, recorder.steps.getLast().scales());
        double early = mean(recorder.losses().subList(0, 10));
        double late = mean(recorder.losses().subList(steps - 40, steps));
        assertTrue(late < 0.5 * early, "loss " + early + " became " + late);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }
}
