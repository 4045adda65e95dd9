package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Stop and resume equals the uninterrupted run, bit for bit; anything else is refused in words. */
@ExtendWith(NoLeaks.class)
class ResumeNativeTest {

    private static final int HALF = 10;

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mnist-ct",
                "mnist-ict",
                "digits",
                "mnist-sct",
                "mnist-scd",
                "seed-mnist",
                "ddpmpp-cifar10"
            })
    void ten_and_ten_steps_are_twenty(String name) {
        Preset preset = TinyRuns.preset(name);
        continues(
                name,
                TinyRuns.run(preset, folder.resolve("whole"), 2 * HALF),
                TinyRuns.run(preset, folder.resolve("parted"), 2 * HALF));
    }

    @Test
    void with_normalised_weights_too() {
        Preset preset =
                TinyRuns.preset(
                        "digits-ect",
                        "network.kind=edm2",
                        "network.patch=1",
                        "network.scale_shift_norm=false");
        continues(
                "edm2",
                TinyRuns.run(preset, folder.resolve("whole"), 2 * HALF),
                TinyRuns.run(preset, folder.resolve("parted"), 2 * HALF));
    }

    @ParameterizedTest
    @ValueSource(strings = {"digits", "digits-ect", "mnist-ct"})
    void in_half_precision_too(String name) {
        Preset preset = TinyRuns.preset(name);
        continues(
                name,
                TinyRuns.run(preset, folder.resolve("whole"), 2 * HALF, Precision.F16),
                TinyRuns.run(preset, folder.resolve("parted"), 2 * HALF, Precision.F16));
    }

    @ParameterizedTest
    @ValueSource(strings = {"digits-cd", "digits-pd", "digits-kd", "digits-edm"})
    void with_a_teacher_too(String name) {
        boolean chain = name.equals("digits-pd"); // stages of 4, 8 and 8 steps
        Preset preset =
                chain
                        ? TinyRuns.preset(name, "method.phases.0.objective.start_scales=4")
                        : TinyRuns.preset(name);
        try (TinyTeacher teacher = TinyTeacher.of(preset)) {
            continues(
                    name,
                    TinyRuns.run(preset, folder.resolve("whole"), 2 * HALF, teacher),
                    TinyRuns.run(preset, folder.resolve("parted"), 2 * HALF, teacher));
        }
    }

    @Test
    void along_ideal_trajectories_too() {
        Preset preset = TinyRuns.preset("digits", "method.phases.1.objective.ideal=exponential");
        try (Dataset data = TinyRuns.digits();
                var supplies = TinyRuns.supplies(data)) {
            continues(
                    "ideal",
                    TinyRuns.run(preset, folder.resolve("whole"), 2 * HALF, supplies),
                    TinyRuns.run(preset, folder.resolve("parted"), 2 * HALF, supplies));
        }
    }

    private static void continues(String name, Run whole, Run parted) {
        var losses = new TinyRuns.Recorder();
        var partedLosses = new TinyRuns.Recorder();
        try (Dataset data = TinyRuns.digits()) {
            List<float[]> expected;
            try (TrainState state = Resume.begin(whole)) {
                new Trainer(whole, data, List.of(losses)).train(state);
                expected = everything(state);
            }
            try (TrainState state = Resume.begin(parted)) {
                Trainer[] trainer = new Trainer[1];
                StepListener stopper =
                        new StepListener() {
                            @Override
                            public void onStep(StepRecord step, TrainState now) {
                                if (step.step() == HALF) {
                                    trainer[0].requestStop();
                                }
                            }
                        };
                trainer[0] = new Trainer(parted, data, List.of(partedLosses, stopper));
                assertEquals(StopReason.INTERRUPTED, trainer[0].train(state));
                assertEquals(HALF, state.step());
            }
            List<String> notices = new ArrayList<>();
            try (TrainState state = Resume.resume(parted, data.fingerprint(), notices::add)) {
                assertEquals(HALF, state.step());
                assertEquals(
                        StopReason.FINISHED,
                        new Trainer(parted, data, List.of(partedLosses)).train(state));
                assertEquals(losses.losses(), partedLosses.losses());
                List<float[]> found = everything(state);
                for (int i = 0; i < expected.size(); i++) {
                    assertArrayEquals(expected.get(i), found.get(i), 0f, name + " vector " + i);
                }
            }
            assertEquals(List.of(), notices);
        }
    }

    /** θ, θ⁻, the averages and both moments. */
    private static List<float[]> everything(TrainState state) {
        try (Scope _ = Scope.open()) {
            List<float[]> all = new ArrayList<>();
            all.add(state.online().weights().toFloats());
            state.target().map(UNet::weights).ifPresent(w -> all.add(w.toFloats()));
            state.averages().forEach(a -> all.add(a.network().weights().toFloats()));
            all.add(state.optimizer().expAvg().toFloats());
            all.add(state.optimizer().expAvgSq().toFloats());
            all.add(new float[] {state.optimizer().stepCount()});
            state.weightHead().ifPresent(head -> all.add(floats(head.state())));
            state.lossScale().ifPresent(s -> all.add(floats(s.log2(), s.growth())));
            return all;
        }
    }

    private static float[] floats(double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    @Test
    void another_configuration_seed_or_data_set_is_refused() {
        try (Dataset data = TinyRuns.digits()) {
            train(TinyRuns.run(TinyRuns.preset("digits"), folder, 2), data);
            Run other =
                    TinyRuns.run(
                            TinyRuns.preset("digits", "optim.learning_rate.tail=0.5"), folder, 4);
            var refused =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> Resume.resume(other, "other data", notice -> {}));
            assertTrue(
                    refused.getMessage().contains("optim.learning_rate.tail: 0.7 there, 0.5 here"),
                    refused.getMessage());
            assertTrue(refused.getMessage().contains("another data set"), refused.getMessage());
        }
    }

    @Test
    void another_length_is_a_notice() {
        try (Dataset data = TinyRuns.digits()) {
            Preset preset = TinyRuns.preset("digits");
            train(TinyRuns.run(preset, folder, 2), data);
            List<String> notices = new ArrayList<>();
            Run longer = TinyRuns.run(preset, folder, 4);
            try (TrainState state = Resume.resume(longer, data.fingerprint(), notices::add)) {
                assertEquals(2, state.step());
            }
            assertEquals(1, notices.size());
            assertTrue(notices.getFirst().contains("planned for 2 steps, now for 4 steps"));
        }
    }

    @Test
    void a_folder_with_a_run_is_not_overwritten() {
        try (Dataset data = TinyRuns.digits()) {
            Run run = TinyRuns.run(TinyRuns.preset("digits"), folder, 1);
            train(run, data);
            var refused =
                    assertThrows(IllegalArgumentException.class, () -> Resume.begin(run).close());
            assertTrue(refused.getMessage().contains("ckpt-00000001"), refused.getMessage());
        }
    }

    @Test
    void a_torn_checkpoint_is_named_and_the_one_before_it_taken() throws Exception {
        try (Dataset data = TinyRuns.digits()) {
            Preset preset = TinyRuns.preset("digits");
            CheckpointPolicy each = new CheckpointPolicy(1, Double.POSITIVE_INFINITY, 3, 0);
            Run run = TinyRuns.run(preset, folder, Budget.steps(3), each);
            train(run, data);
            Path torn = folder.resolve("ckpt-00000003/model.safetensors");
            byte[] bytes = Files.readAllBytes(torn);
            bytes[bytes.length - 1] ^= 1;
            Files.write(torn, bytes);
            Files.delete(folder.resolve("ckpt-00000002/optimizer.safetensors"));
            List<String> notices = new ArrayList<>();
            try (TrainState state = Resume.resume(run, data.fingerprint(), notices::add)) {
                assertEquals(1, state.step());
            }
            assertEquals(2, notices.size());
            assertTrue(notices.get(0).contains("ckpt-00000003/model.safetensors"), notices.get(0));
            assertTrue(notices.get(1).contains("optimizer.safetensors"), notices.get(1));
        }
    }

    /** A kill between the two renames leaves a checkpoint that nothing names. */
    @Test
    void the_checkpoint_gone_on_from_is_named_the_latest() throws Exception {
        Run run = TinyRuns.run(TinyRuns.preset("mnist-ct"), folder, 4);
        try (Dataset data = TinyRuns.digits()) {
            train(run, data);
            Files.writeString(folder.resolve("latest"), "ckpt-00000002\n");
            Resume.resume(run, data.fingerprint(), _ -> {}).close();
        }
        assertEquals("ckpt-00000004\n", Files.readString(folder.resolve("latest")));
    }

    private static void train(Run run, Dataset data) {
        try (TrainState state = Resume.begin(run)) {
            new Trainer(run, data, List.of()).train(state);
        }
    }
}
