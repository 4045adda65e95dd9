package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.cm4j.data.Dataset;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What begins anew where one stage of progressive distillation follows another. */
@ExtendWith(NoLeaks.class)
class TeacherChainNativeTest {

    private static final double PEAK = 3e-4;

    @TempDir Path folder;

    /** What a step left behind. */
    private record After(int scales, double rate, long moments, float[] student, float[] teacher) {}

    /** N₀ = 4 in 10 steps: stages of 2, 4 and 4. */
    private List<After> steps(String change) {
        Preset preset =
                TinyRuns.preset(
                        "digits-pd",
                        "network.dropout=0",
                        "method.phases.0.objective.start_scales=4",
                        "method.phases.0.objective.stage_change=" + change);
        List<After> found = new ArrayList<>();
        StepListener listener =
                new StepListener() {
                    @Override
                    public void onStep(StepRecord step, TrainState state) {
                        try (Scope _ = Scope.open()) {
                            found.add(
                                    new After(
                                            step.scales(),
                                            step.learningRate(),
                                            state.optimizer().stepCount(),
                                            state.online().weights().toFloats(),
                                            target(state)));
                        }
                    }
                };
        try (TinyTeacher teacher = TinyTeacher.of(preset);
                Dataset data = TinyRuns.digits()) {
            Run run = TinyRuns.run(preset, folder.resolve(change), 10, teacher);
            try (TrainState state = Resume.begin(run)) {
                new Trainer(run, data, List.of(listener)).train(state);
            }
        }
        return found;
    }

    private static float[] target(TrainState state) {
        return state.target().map(UNet::weights).orElseThrow().toFloats();
    }

    private static double[] rates(List<After> steps) {
        return steps.stream().mapToDouble(After::rate).toArray();
    }

    private static List<Integer> scales(List<After> steps) {
        return steps.stream().map(After::scales).toList();
    }

    private static List<Long> moments(List<After> steps) {
        return steps.stream().map(After::moments).toList();
    }

    @Test
    void the_student_becomes_the_teacher_at_once() {
        List<After> steps = steps("at-once");
        assertEquals(List.of(4, 4, 2, 2, 2, 2, 1, 1, 1, 1), scales(steps));
        assertEquals(List.of(1L, 2L, 1L, 2L, 3L, 4L, 1L, 2L, 3L, 4L), moments(steps));
        double[] falls = {1, .5, 1, .75, .5, .25, 1, .75, .5, .25};
        assertArrayEquals(Arrays.stream(falls).map(x -> PEAK * x).toArray(), rates(steps), 1e-12);
        assertArrayEquals(steps.get(1).student(), steps.get(2).teacher());
        assertArrayEquals(steps.get(2).teacher(), steps.get(5).teacher());
        assertArrayEquals(steps.get(5).student(), steps.get(6).teacher());
        assertFalse(Arrays.equals(steps.get(6).student(), steps.get(6).teacher()));
    }

    @Test
    void the_original_is_a_batch_late_and_keeps_its_first_teacher() {
        List<After> steps = steps("as-published");
        assertEquals(List.of(4, 4, 2, 2, 2, 2, 1, 1, 1, 1), scales(steps));
        assertEquals(List.of(1L, 2L, 0L, 1L, 2L, 3L, 0L, 1L, 2L, 3L), moments(steps));
        double[] falls = {1, .5, 0, .75, .5, .25, 0, .75, .5, .25};
        assertArrayEquals(Arrays.stream(falls).map(x -> PEAK * x).toArray(), rates(steps), 1e-12);
        for (After step : steps) {
            assertArrayEquals(steps.getFirst().teacher(), step.teacher());
        }
    }
}
