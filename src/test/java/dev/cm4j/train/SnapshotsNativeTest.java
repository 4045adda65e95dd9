package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.preset.ModelWriter;
import dev.cm4j.preset.PostHocModel;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Averages made after a run, beside those that it tracked. */
@ExtendWith(NoLeaks.class)
class SnapshotsNativeTest {

    private static final int STEPS = 120;

    @TempDir Path folder;

    /** A run that tracks three widths and keeps snapshots of all. */
    private TrainState trained(Preset preset, Dataset data, int every, int keep, DType storage) {
        Run run = TinyRuns.run(preset, folder, STEPS);
        var config = new SnapshotConfig(every, Optional.of(keep), Optional.of(storage));
        TrainState state = Resume.begin(run);
        new Trainer(
                        run,
                        data,
                        List.of(
                                new SnapshotWriter(folder, config),
                                new ModelWriter(preset, run, data.fingerprint())))
                .train(state);
        return state;
    }

    private static Preset preset() {
        return TinyRuns.preset(
                "digits-edm",
                "network.dropout=0",
                "optim.learning_rate.start.warm_up_steps=1",
                "optim.averages=[{kind: power, sigma_rel: 0.05}, {kind: power, sigma_rel: 0.1},"
                        + " {kind: power, sigma_rel: 0.07}]",
                "sampling.average=power-0.05",
                "sampling.storage=f32");
    }

    @ParameterizedTest
    @CsvSource({"F32, 0.03", "F16, 0.06"})
    void a_width_that_was_not_kept_is_made_afterwards(DType storage, double allowed)
            throws IOException {
        try (Dataset data = TinyRuns.digits();
                TrainState state = trained(preset(), data, 4, 64, storage);
                Stream<Path> files = Files.list(folder.resolve("snapshots"))) {
            for (Path file : files.filter(f -> f.toString().contains("power-0.07-")).toList()) {
                Files.delete(file);
            }
            Path out = folder.resolve("made.safetensors");
            PostHocModel made = PostHocModel.save(folder, 0.07, OptionalLong.empty(), out);
            assertEquals(2 * STEPS / 4, made.snapshots());
            assertEquals(STEPS, made.step());
            double error = apart(out, state.network("power-0.07"), state.online());
            assertTrue(error < allowed, "made and tracked are " + error + " apart");
            double other = apart(out, state.network("power-0.05"), state.online());
            assertTrue(other > 4 * error, "another width is " + other + " apart");
            PostHocModel.save(folder, 0.07, OptionalLong.of(95), out);
            try (ModelFile model = ModelFile.open(out)) {
                assertEquals("power-0.07", model.card().training().average());
                assertEquals(95, model.card().training().steps());
            }
        }
    }

    /** ‖made − tracked‖ in units of ‖tracked − online‖. */
    private static double apart(Path made, UNet tracked, UNet online) {
        try (ModelFile model = ModelFile.open(made);
                UNet net = model.network();
                Scope _ = Scope.open()) {
            Tensor goal = tracked.weights();
            return net.weights().minus(goal).norm().item()
                    / goal.minus(online.weights()).norm().item();
        }
    }

    @Test
    void few_stay_and_the_newest_does() {
        try (Dataset data = TinyRuns.digits();
                TrainState _ = trained(preset(), data, 10, 5, DType.F16)) {
            // 10, 20 … 120: six at multiples of 20 are too many
            List<Long> steps =
                    new Snapshots(folder)
                            .list().stream()
                                    .filter(s -> s.file().toString().contains("power-0.1-"))
                                    .map(Snapshots.Snapshot::step)
                                    .toList();
            assertEquals(List.of(40L, 80L, 120L), steps);
        }
    }

    @Test
    void those_of_a_lost_end_go_when_a_run_is_resumed() throws IOException {
        Preset preset = preset();
        var config = new SnapshotConfig(10, Optional.of(64), Optional.of(DType.F16));
        try (Dataset data = TinyRuns.digits()) {
            Run begun = TinyRuns.run(preset, folder, 20);
            try (TrainState state = Resume.begin(begun)) {
                new Trainer(begun, data, List.of(new SnapshotWriter(folder, config))).train(state);
            }
            var two = new CheckpointPolicy(0, Double.POSITIVE_INFINITY, 2, 0);
            Run killed = TinyRuns.run(preset, folder, Budget.steps(45), two);
            try (TrainState state = Resume.resume(killed, data.fingerprint(), _ -> {})) {
                new Trainer(killed, data, List.of(new SnapshotWriter(folder, config))).train(state);
            }
            assertEquals(Set.of(10L, 20L, 30L, 40L, 45L), snapshots());
            deleteCheckpoint(45);
            Run resumed = TinyRuns.run(preset, folder, 33);
            try (TrainState state = Resume.resume(resumed, data.fingerprint(), _ -> {})) {
                assertEquals(20, state.step());
                new Trainer(resumed, data, List.of(new SnapshotWriter(folder, config)))
                        .train(state);
            }
            assertEquals(Set.of(10L, 20L, 30L, 33L), snapshots());
        }
    }

    private Set<Long> snapshots() {
        return new Snapshots(folder)
                .list().stream().map(Snapshots.Snapshot::step).collect(Collectors.toSet());
    }

    private void deleteCheckpoint(long step) throws IOException {
        Path checkpoint = folder.resolve("ckpt-%08d".formatted(step));
        try (Stream<Path> files = Files.list(checkpoint)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(checkpoint);
    }

    @Test
    void what_cannot_be_made_is_refused() throws IOException {
        Path out = folder.resolve("made.safetensors");
        var none =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> PostHocModel.save(folder, 0.1, OptionalLong.empty(), out));
        assertTrue(none.getMessage().contains("keeps no snapshots"), none.getMessage());
        try (Dataset data = TinyRuns.digits();
                TrainState _ = trained(preset(), data, 10, 64, DType.F16)) {
            for (long step : new long[] {0, STEPS + 1}) {
                var late =
                        assertThrows(
                                IllegalArgumentException.class,
                                () -> PostHocModel.save(folder, 0.1, OptionalLong.of(step), out));
                assertTrue(late.getMessage().contains("from 10 to 120"), late.getMessage());
            }
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> TinyRuns.preset("digits-edm", "optim.snapshots.every=10"));
    }
}
