package dev.cm4j.preset;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.data.Digits;
import dev.cm4j.nn.Precision;
import dev.cm4j.testing.NoLeaks;
import dev.cm4j.train.Budget;
import dev.cm4j.train.CheckpointPolicy;
import dev.cm4j.train.Resume;
import dev.cm4j.train.Run;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StepRecord;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ObjLongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever fails, the best model is there, whole. */
@ExtendWith(NoLeaks.class)
class BestModelsNativeTest {

    private static final List<String> TINY =
            List.of(
                    "data.height=16",
                    "data.width=16",
                    "network.channel_mult=[1]",
                    "network.res_blocks=1",
                    "network.attention_resolutions=[]",
                    "optim.batch_size=2");

    @TempDir Path folder;

    /** Trains a few steps and calls back after each. */
    private void steps(long count, ObjLongConsumer<TrainState> each) {
        Run run = run(Presets.named("digits", TINY), count);
        try (Dataset data = Digits.of(8, 16, 0);
                TrainState state = Resume.begin(run)) {
            StepListener listener =
                    new StepListener() {
                        @Override
                        public void onStep(StepRecord step, TrainState now) {
                            each.accept(now, now.step());
                        }
                    };
            new Trainer(run, data, List.of(listener)).train(state);
        }
    }

    private Run run(Preset preset, long steps) {
        return preset.run(
                folder,
                Budget.steps(steps),
                3,
                Precision.F32,
                CheckpointPolicy.atEnd(),
                List.of("test"));
    }

    private ModelWriter writer(String... changes) {
        List<String> all = new ArrayList<>(TINY);
        all.addAll(List.of(changes));
        Preset preset = Presets.named("digits", all);
        return new ModelWriter(preset, run(preset, 1), "none");
    }

    /** A writer of an average that the run does not keep: each writing fails. */
    private ModelWriter failing() {
        return writer(
                "optim.averages=[{kind: power, sigma_rel: 0.1}]", "sampling.average=power-0.1");
    }

    private List<Long> kept() {
        List<Long> steps = new ArrayList<>();
        for (int rank = 1; Files.exists(RunFolder.best(folder, rank)); rank++) {
            steps.add(step(RunFolder.best(folder, rank)));
        }
        return steps;
    }

    private static long step(Path file) {
        try (ModelFile model = ModelFile.open(file)) {
            return model.card().training().steps();
        }
    }

    @Test
    void the_lowest_scores_stay_in_order() {
        double[] scores = {3, 1, Double.NaN, 2, 1, .5};
        List<List<Long>> expected =
                List.of(
                        List.of(1L),
                        List.of(2L, 1L),
                        List.of(2L, 1L),
                        List.of(2L, 4L, 1L),
                        List.of(2L, 5L, 4L),
                        List.of(6L, 2L, 5L));
        var best = new BestModels(folder, 3, writer(), Map.of());
        steps(
                6,
                (state, k) -> {
                    best.offer(scores[(int) k - 1], state);
                    assertEquals(expected.get((int) k - 1), kept());
                });
        assertHidesNothing();
    }

    @Test
    void a_failed_writing_costs_nothing() {
        steps(
                2,
                (state, k) -> {
                    if (k == 1) {
                        assertTrue(new BestModels(folder, 1, writer(), Map.of()).offer(2, state));
                        return;
                    }
                    var best = new BestModels(folder, 1, failing(), Map.of(1L, 2.0));
                    assertThrows(RuntimeException.class, () -> best.offer(1, state));
                    assertEquals(List.of(1L), kept());
                });
    }

    @Test
    void a_failed_change_of_places_costs_nothing() {
        steps(
                3,
                (state, k) -> {
                    var best = new BestModels(folder, 2, writer(), Map.of(1L, 3.0, 2L, 2.0));
                    if (k < 3) {
                        assertTrue(best.offer(4 - k, state));
                        return;
                    }
                    Path inTheWay = folder.resolve(".best.safetensors.new/full");
                    try {
                        Files.createDirectories(inTheWay);
                        assertThrows(UncheckedIOException.class, () -> best.offer(1, state));
                        assertEquals(List.of(2L, 1L), kept());
                        Files.delete(inTheWay);
                        Files.delete(inTheWay.getParent());
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    assertTrue(best.offer(1, state));
                    assertEquals(List.of(3L, 2L), kept());
                });
        assertHidesNothing();
    }

    @Test
    void what_a_killed_writer_left_is_taken_up() {
        steps(
                3,
                (state, k) -> {
                    if (k < 3) {
                        new BestModels(folder, 3, writer(), Map.of(1L, 1.0)).offer(k, state);
                        return;
                    }
                    try { // the first is missing, the second is there twice
                        Files.delete(RunFolder.best(folder, 1));
                        Files.copy(RunFolder.best(folder, 2), RunFolder.best(folder, 4));
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                    var best = new BestModels(folder, 3, writer(), Map.of(2L, 2.0));
                    assertFalse(best.offer(5, state));
                    assertEquals(List.of(2L, 3L), kept());
                });
        assertHidesNothing();
    }

    private void assertHidesNothing() {
        try (var files = Files.list(folder)) {
            assertEquals(
                    List.of(),
                    files.filter(f -> f.getFileName().toString().startsWith(".best")).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
