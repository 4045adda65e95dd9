package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.loss.ContinuousTime;
import dev.cm4j.preset.Preset;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs of the continuous-time losses of 2023, as presets reach them. */
@ExtendWith(NoLeaks.class)
class ContinuousTimeRunNativeTest {

    private static final int STEPS = 3;

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({
        "mnist-ct-continuous, l2, L2",
        "mnist-ct-continuous, l1, L1",
        "mnist-ct-continuous, linf, LINF",
        "mnist-ct-continuous, stop-gradient, STOP_GRADIENT",
        "mnist-cd-continuous, l2, L2",
        "mnist-cd-continuous, stop-gradient, STOP_GRADIENT"
    })
    void presets_reach_every_norm(String name, String word, ContinuousTime.Norm norm) {
        Preset preset =
                TinyRuns.preset(
                        name, "method.phases.0.objective.norm=" + word, "optim.batch_size=4");
        var recorder = new TinyRuns.Recorder();
        try (TinyTeacher teacher = TinyTeacher.of(preset);
                Dataset data = TinyRuns.digits()) {
            Run run = TinyRuns.run(preset, folder, STEPS, teacher);
            ContinuousTime objective =
                    (ContinuousTime) run.recipe().phases().list().getFirst().objective();
            assertEquals(norm, objective.norm());
            assertEquals(name.startsWith("mnist-cd"), objective.teacher().isPresent());
            try (TrainState state = Resume.begin(run)) {
                assertEquals(Optional.empty(), state.target());
                new Trainer(run, data, List.of(recorder)).train(state);
                assertEquals(STEPS, state.step());
                assertEquals(0, state.counters().skipped());
            }
        }
        assertTrue(recorder.losses().stream().allMatch(Double::isFinite), "" + recorder.losses());
        assertTrue(recorder.steps.getFirst().gradientNorm() > 0, "a gradient");
    }

    @Test
    void distillation_needs_a_teacher() {
        Preset preset = TinyRuns.preset("mnist-cd-continuous");
        var refused =
                assertThrows(
                        IllegalArgumentException.class, () -> preset.recipe(Budget.steps(STEPS)));
        assertTrue(refused.getMessage().contains("--teacher"), refused.getMessage());
    }
}
