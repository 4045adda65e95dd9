package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.cm4j.data.Dataset;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.Preset;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.HalvingCurriculum;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    /**
     * The original's rate by its own bookkeeping: it falls over lr_anneal_steps whatever a stage
     * lasts, over twice as many from N = 2 on, and ends below zero where a stage lasts longer.
     */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    4 | 2 | 1, .5,  0, .75, .5, .25,   0, .75, .5, .25
                    4 | 5 | 1, .8, .6,  .9, .8,  .7,  .6,  .9, .8,  .7
                    4 | 1 | 1,  0, -1,  .5,  0, -.5,  -1,  .5,  0, -.5
                    2 | 4 | 1, .75, .5, .25, 0, .75, .5, .25, 0, -.25
                    """)
    void the_original_anneals_in_steps_of_its_own(int start, long anneal, String falls) {
        var halving = new HalvingCurriculum(start, 2);
        var chain = new TeacherChain(halving, StageChange.AS_PUBLISHED, OptionalLong.of(anneal));
        Preset preset =
                TinyRuns.preset(
                        "digits-pd",
                        "method.phases.0.objective.start_scales=" + start,
                        "optim.learning_rate.tail=0");
        try (TinyTeacher teacher = TinyTeacher.of(preset)) {
            Recipe recipe = preset.recipe(Budget.steps(10), teacher);
            Phase phase = recipe.phases().list().getFirst();
            var replaced =
                    new Phase(
                            "original",
                            1,
                            phase.objective(),
                            new FixedRate(1),
                            (k, total) -> halving.scales(k),
                            Optional.of(chain));
            var phases = new Phases(List.of(replaced));
            try (Scope _ = Scope.open();
                    TrainState state = TrainState.create(recipe, 3)) {
                double[] expected =
                        Arrays.stream(falls.split(","))
                                .mapToDouble(fall -> PEAK * Double.parseDouble(fall.strip()))
                                .toArray();
                double[] rates = new double[expected.length];
                for (int k = 0; k < rates.length; k++) {
                    var progress = new Progress(k, 10, k / 10.0);
                    Phases.Place place = phases.at(progress);
                    chain.beforeStep(state, place);
                    rates[k] = TrainingStep.learningRate(state, place, progress);
                    state.advance();
                    chain.afterStep(state, place);
                }
                assertArrayEquals(expected, rates, 1e-12);
            }
        }
    }
}
