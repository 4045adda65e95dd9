package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.data.Dataset;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process killed while it writes a checkpoint leaves the one before it whole. */
class CheckpointKillNativeTest {

    private static final CheckpointPolicy EVERY_STEP =
            new CheckpointPolicy(1, Double.POSITIVE_INFINITY, 2, 0);

    @TempDir Path folder;

    /** The victim: writes its second checkpoint file by file and waits in the middle. */
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        Run run = TinyRuns.run(TinyRuns.preset("digits"), folder, Budget.steps(2), EVERY_STEP);
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.begin(run)) {
            StepListener halfway =
                    new StepListener() {
                        @Override
                        public void onStep(StepRecord step, TrainState now) {
                            if (step.step() == 2) {
                                new CheckpointFolder(folder)
                                        .write(2, CheckpointKillNativeTest::half);
                            }
                        }
                    };
            new Trainer(run, data, List.of(halfway)).train(state);
        }
    }

    private static void half(Path growing) {
        try {
            Files.writeString(growing.resolve("model.safetensors"), "half a file");
            System.out.println("writing");
            System.out.flush();
            Thread.sleep(600_000);
        } catch (java.io.IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void the_checkpoint_before_a_kill_is_whole() throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(a -> a.startsWith("-D") || a.startsWith("--enable-native"))
                .forEach(command::add);
        command.addAll(
                List.of("-cp", classPath(), CheckpointKillNativeTest.class.getName(), folder + ""));
        Process victim =
                new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (var out = victim.inputReader()) {
            assertEquals("writing", out.readLine());
        } finally {
            victim.destroyForcibly(); // SIGKILL
            assertTrue(victim.waitFor(30, TimeUnit.SECONDS));
        }
        try (Stream<Path> entries = Files.list(folder)) {
            assertTrue(
                    entries.anyMatch(e -> e.getFileName().toString().startsWith(".ckpt-2.tmp-")));
        }
        Run run = TinyRuns.run(TinyRuns.preset("digits"), folder, Budget.steps(2), EVERY_STEP);
        List<String> notices = new ArrayList<>();
        try (Dataset data = TinyRuns.digits();
                TrainState state = Resume.resume(run, data.fingerprint(), notices::add)) {
            assertEquals(1, state.step());
            new Trainer(run, data, List.of()).train(state);
            assertEquals(2, state.step());
        }
        assertEquals(List.of(), notices);
        try (Stream<Path> entries = Files.list(folder)) {
            assertTrue(
                    entries.noneMatch(e -> e.getFileName().toString().startsWith(".ckpt")),
                    "leftovers are swept");
        }
    }

    /** Class path of the tests, as the loader has it; launchers keep it from the property. */
    private static String classPath() {
        var places = new java.util.LinkedHashSet<String>();
        for (Class<?> type :
                List.of(
                        CheckpointKillNativeTest.class,
                        Trainer.class,
                        dev.cm4j.preset.Preset.class,
                        dev.cm4j.tensor.Tensor.class,
                        com.fasterxml.jackson.databind.ObjectMapper.class,
                        com.fasterxml.jackson.core.JsonFactory.class,
                        com.fasterxml.jackson.annotation.JsonProperty.class,
                        com.fasterxml.jackson.dataformat.yaml.YAMLFactory.class,
                        org.yaml.snakeyaml.Yaml.class,
                        Test.class,
                        TempDir.class)) {
            places.add(type.getProtectionDomain().getCodeSource().getLocation().getPath());
        }
        return String.join(java.io.File.pathSeparator, places);
    }
}
