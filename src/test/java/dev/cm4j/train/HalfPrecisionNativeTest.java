package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Batch;
import dev.cm4j.data.Batches;
import dev.cm4j.data.Dataset;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Training in float16: the loss is scaled, steps that overflow are left out, the rest learns. */
@ExtendWith(NoLeaks.class)
class HalfPrecisionNativeTest {

    @TempDir Path folder;

    private static Batch batch(Dataset data, int size) {
        return new Batches(data, size, 1, false).at(0);
    }

    @Test
    void a_few_images_are_learnt_and_the_scale_is_logged() throws Exception {
        Preset preset = TinyRuns.preset("digits-edm", "network.dropout=0");
        Run run = TinyRuns.run(preset, folder, 60, Precision.F16);
        var recorder = new TinyRuns.Recorder();
        var table = new MetricsCsv(folder.resolve("metrics.csv"), 10);
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run)) {
            new Trainer(run, data, List.of(recorder, table)).train(state);
            long skipped = state.counters().skipped();
            assertEquals(20 + 60e-3 - skipped, state.lossScale().orElseThrow().log2(), 1e-9);
        }
        List<Double> losses = recorder.losses();
        double first = mean(losses.subList(0, 10));
        double last = mean(losses.subList(50, 60));
        assertTrue(last < .8 * first, first + " to " + last);
        List<String> rows = Files.readAllLines(folder.resolve("metrics.csv"));
        assertTrue(
                rows.getFirst().endsWith(",loss_scale,weight_norm,update_norm"), rows.getFirst());
        double[] logged = MetricsTable.read(folder.resolve("metrics.csv")).column("loss_scale");
        assertEquals(recorder.steps.getLast().lossScale(), logged[logged.length - 1], 1e-3);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    @Test
    void a_step_is_that_of_float32_but_for_rounding() {
        Recipe recipe = TinyRuns.preset("digits-edm").recipe(Budget.steps(10));
        double[] norms = new double[2];
        List<float[]> weights = new ArrayList<>();
        for (Precision precision : List.of(Precision.F32, Precision.F16)) {
            try (Dataset data = TinyRuns.digits();
                    TrainState state = TrainState.create(recipe, 1);
                    Scope _ = Scope.open()) {
                state.precision(precision);
                var step = new TrainingStep(1);
                var outcome = step.take(state, batch(data, 16), new Progress(0, 10, 0));
                assertTrue(outcome.taken());
                norms[precision == Precision.F32 ? 0 : 1] = outcome.gradientNorm();
                weights.add(state.online().gradients().toFloats());
            }
        }
        assertEquals(norms[0], norms[1], 2e-3 * norms[0]);
        // the gradients that stay with the network are those of the scaled loss
        double dot = 0;
        for (int i = 0; i < weights.getFirst().length; i++) {
            dot += (double) weights.get(0)[i] * weights.get(1)[i] / LossScale.START.factor();
        }
        assertEquals(1, dot / (norms[0] * norms[1]), 1e-4);
    }

    @Test
    void a_step_that_overflows_is_left_out_and_halves_the_scale() {
        Recipe recipe = TinyRuns.preset("digits-edm").recipe(Budget.steps(10));
        try (Dataset data = TinyRuns.digits();
                TrainState state = TrainState.create(recipe, 1);
                Scope _ = Scope.open()) {
            state.precision(Precision.F16);
            var step = new TrainingStep(1);
            Progress start = new Progress(0, 10, 0);
            for (int k = 0; k < 3; k++) { // the zeros of the first weights stop gradients
                assertTrue(step.take(state, batch(data, 16), start).taken());
            }
            state.lossScale(new LossScale(60, 1e-3));
            float[] before = state.online().weights().toFloats();
            var outcome = step.take(state, batch(data, 16), start);
            assertFalse(outcome.taken());
            assertEquals(Optional.of(new LossScale(60, 1e-3)), outcome.lossScale());
            assertEquals(59, state.lossScale().orElseThrow().log2());
            assertEquals(1, state.counters().skipped());
            assertArrayEquals(before, state.online().weights().toFloats());
            String where = step.locate(state, batch(data, 16), start, outcome.lossScale());
            assertTrue(where.startsWith("the gradient of "), where);
            assertTrue(where.endsWith(", of a loss times 2^60.0"), where);
        }
    }

    @Test
    void other_arithmetic_has_no_scale() {
        Recipe recipe = TinyRuns.preset("digits-edm").recipe(Budget.steps(10));
        try (TrainState state = TrainState.create(recipe, 1)) {
            state.precision(Precision.F16);
            assertEquals(Optional.of(LossScale.START), state.lossScale());
            state.precision(Precision.F32);
            assertEquals(Optional.empty(), state.lossScale());
        }
    }
}
