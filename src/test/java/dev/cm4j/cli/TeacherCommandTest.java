package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From pictures to a one-step model in one command, and what is refused on the way. */
class TeacherCommandTest {

    private static final List<String> SMALL =
            List.of(
                    "--batch",
                    "4",
                    "--precision",
                    "f32",
                    "--seed",
                    "5",
                    "--threads",
                    "1",
                    "--preview-every",
                    "0",
                    "--set",
                    "network.res_blocks=1",
                    "--set",
                    "network.channel_mult=[1]",
                    "--set",
                    "network.attention_resolutions=[]");

    @TempDir Path folder;

    private CommandRun train(Path out, String method, String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--out", out.toString()));
        words.addAll(List.of("--preset", "digits", "--method", method));
        words.addAll(SMALL);
        words.addAll(List.of(more));
        return CommandRun.of(words.toArray(String[]::new));
    }

    private static CommandRun resume(Path out, String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--resume", "--out", out.toString()));
        words.addAll(List.of("--precision", "f32", "--threads", "1", "--preview-every", "0"));
        words.addAll(List.of(more));
        return CommandRun.of(words.toArray(String[]::new));
    }

    private Path teacher(String... more) {
        Path run = folder.resolve("teacher-run");
        List<String> words = new ArrayList<>(List.of("--steps", "1"));
        words.addAll(List.of(more));
        CommandRun trained = train(run, "edm", words.toArray(String[]::new));
        assertEquals(0, trained.exit(), trained.err());
        return run;
    }

    private static byte[] weights(Path run) throws IOException {
        try (var folders = Files.list(run)) {
            Path newest =
                    folders.filter(f -> f.getFileName().toString().startsWith("ckpt-"))
                            .sorted()
                            .reduce((_, last) -> last)
                            .orElseThrow();
            return Files.readAllBytes(newest.resolve("model.safetensors"));
        }
    }

    @Test
    void isolation_is_consistency_training() throws IOException {
        Path run = folder.resolve("alone");
        CommandRun trained = train(run, "isolation", "--steps", "1");
        assertEquals(0, trained.exit(), trained.err());
        String config = Files.readString(run.resolve("config.yaml"));
        assertTrue(config.contains("kind: ct"), config);
    }

    @Test
    void autoTrainsATeacherAndThenDistils() throws Exception {
        Path out = folder.resolve("cd");
        CommandRun run =
                train(out, "cd", "--teacher", "auto", "--teacher-steps", "2", "--steps", "3");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("teacher finished after 2 steps"), run.err());
        assertTrue(run.err().contains("of its"), run.err());
        assertTrue(run.out().startsWith("finished after 3 steps, 12 images"), run.out());
        assertTrue(Files.readString(out.resolve("teacher.json")).contains("model.safetensors"));
        assertTrue(Files.readString(out.resolve("run.txt")).contains("teacher sha256: "));
        Path grid = folder.resolve("x.png");
        CommandRun sample =
                CommandRun.of(
                        "sample",
                        out.resolve("model.safetensors").toString(),
                        "--num",
                        "2",
                        "--out",
                        grid.toString());
        assertEquals(0, sample.exit(), sample.err());
    }

    @Test
    void pairsAreMadeOnceAndServeTheResumedRun() throws Exception {
        String[] few = {
            "--set", "method.phases.0.objective.pairs=12",
            "--set", "method.phases.0.objective.sampler_steps=2",
            "--set", "optim.learning_rate.tail=0" // so that half a run is the half of one
        };
        String known = teacher().toString();
        Path whole = folder.resolve("whole");
        Path parted = folder.resolve("parted");
        CommandRun first = train(parted, "kd", join(few, "--teacher", known, "--steps", "2"));
        assertEquals(0, first.exit(), first.err());
        assertTrue(first.err().contains("pairs 12 of 12"), first.err());
        CommandRun second = resume(parted, "--steps", "4");
        assertEquals(0, second.exit(), second.err());
        assertFalse(second.err().contains("pairs 12 of 12"), second.err());
        assertEquals(0, train(whole, "kd", join(few, "--teacher", known, "--steps", "4")).exit());
        assertArrayEquals(weights(whole), weights(parted));
    }

    private static String[] join(String[] first, String... more) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    @Test
    void aWholeChainInOneCommand() {
        Path known = teacher();
        Path out = folder.resolve("pd");
        CommandRun run =
                train(
                        out,
                        "pd",
                        "--teacher",
                        known.resolve("model.safetensors").toString(),
                        "--steps",
                        "5",
                        "--set",
                        "method.phases.0.objective.start_scales=4");
        assertEquals(0, run.exit(), run.err());
        CommandRun other = resume(out, "--steps", "6", "--teacher", otherTeacher());
        assertEquals(2, other.exit(), other.err());
        assertTrue(other.err().contains("is another model"), other.err());
    }

    private String otherTeacher() {
        Path run = folder.resolve("other-run");
        CommandRun trained = train(run, "edm", "--steps", "2");
        assertEquals(0, trained.exit(), trained.err());
        return run.toString();
    }

    @Test
    void whoDoesNotTeachIsRefusedBeforeAnythingIsWritten() {
        Path out = folder.resolve("out");
        refused(train(out, "cd", "--steps", "2"), "--teacher auto");
        refused(train(out, "cd", "--teacher", "nowhere.pt"), "there is no teacher nowhere.pt");
        refused(
                train(
                        out,
                        "cd",
                        "--teacher",
                        "auto",
                        "--teacher-steps",
                        "1",
                        "--teacher-minutes",
                        "1"),
                "exclude each other");
        refused(train(out, "cd", "--teacher", "x", "--teacher-steps", "1"), "need --teacher auto");
        refused(
                train(out, "pd", "--teacher", "auto", "--steps", "5"),
                "from 64 steps to 1 must be at least 9");
        Path ect = folder.resolve("ect");
        assertEquals(0, train(ect, "ect", "--steps", "1").exit());
        refused(train(out, "cd", "--teacher", ect.toString()), "is a consistency model");
        Path known = teacher();
        refused(
                train(out, "cd", "--teacher", known.toString(), "--set", "network.classes=0"),
                "wants a class for each picture");
        refused(
                train(
                        out,
                        "cd",
                        "--teacher",
                        known.toString(),
                        "--set",
                        "data.height=32",
                        "--set",
                        "data.width=32"),
                "makes pictures of 1x28x28, preset digits-cd learns 1x32x32");
        refused(
                train(
                        out,
                        "cd",
                        "--teacher",
                        known.toString(),
                        "--set",
                        "method.phases.0.objective.guidance=2"),
                "cannot be guided");
        refused(
                train(
                        out,
                        "ct",
                        "--set",
                        "method.phases.0.objective.distance={kind: lpips, backbone: a.pth, linear: b.pth}"),
                "backbone names a.pth, which is no file");
    }

    @Test
    void aConsistencyModelIsTrainedFurther() {
        Path first = folder.resolve("first");
        assertEquals(0, train(first, "ect", "--steps", "6").exit()); // by then no weight is 0
        Path out = folder.resolve("further");
        CommandRun run =
                train(out, "ect", "--teacher", first.toString(), "--steps", "1", "--lr", "1e-30");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.err().contains("the student begins with"), run.err());
        CommandRun same =
                CommandRun.of(
                        "convert",
                        "--diff",
                        first.resolve("model.safetensors").toString(),
                        out.resolve("model.safetensors").toString());
        assertEquals(0, same.exit(), same.out() + same.err()); // that rate moves no weight
    }

    @Test
    void aGuidedTeacherHasAClassForNone() {
        String[] none = {"--set", "network.classes=11", "--set", "method.label_dropout=0.1"};
        Path known = teacher(none);
        CommandRun run =
                train(
                        folder.resolve("cd"),
                        "cd",
                        join(
                                none,
                                "--teacher",
                                known.toString(),
                                "--steps",
                                "2",
                                "--set",
                                "method.phases.0.objective.guidance=2"));
        assertEquals(0, run.exit(), run.err());
    }

    @Test
    void anInterruptedTeacherIsGoneOnWith() throws Exception {
        Path out = folder.resolve("run");
        List<String> words = new ArrayList<>(List.of("train", "--out", out.toString()));
        words.addAll(List.of("--preset", "digits-cd", "--steps", "2", "--teacher", "auto"));
        words.addAll(List.of("--teacher-minutes", "30"));
        words.addAll(SMALL);
        CommandProcess process = CommandProcess.start(words.toArray(String[]::new));
        process.await("step ");
        process.interrupt();
        assertEquals(130, process.exit(), process::text);
        assertTrue(process.text().contains("teacher interrupted"), process.text());
        assertTrue(process.text().contains("next: cm4j train --resume --out " + out));
        CommandRun rest = resume(out, "--teacher-steps", "1");
        assertEquals(0, rest.exit(), rest.err());
        assertTrue(rest.out().startsWith("finished after 2 steps, 8 images"), rest.out());
    }

    private static void refused(CommandRun run, String words) {
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains(words), run.err());
    }
}
