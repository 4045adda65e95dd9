package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where a run may begin, and what is left of one that may not. */
class TrainFolderTest {

    @TempDir Path folder;

    private static CommandRun train(Path out, String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--out", out.toString()));
        words.addAll(List.of("--batch", "2", "--steps", "1", "--precision", "f32"));
        words.addAll(List.of("--set", "network.res_blocks=1", "--set", "network.channel_mult=[1]"));
        words.addAll(List.of("--set", "network.attention_resolutions=[]"));
        words.addAll(List.of(more));
        return CommandRun.of(words.toArray(String[]::new));
    }

    @Test
    void other_peoples_files_are_left_alone() throws IOException {
        List<String> names =
                List.of("README.md", "config.yaml", "metrics.csv", "run.json", "samples.png");
        for (String name : names) {
            Files.writeString(folder.resolve(name), "mine");
        }
        CommandRun run = train(folder);
        assertEquals(2, run.exit(), run.err());
        assertTrue(
                run.err().startsWith("cm4j: " + folder + " is no run and holds something else"),
                run.err());
        assertFalse(run.err().contains("run folder"), run.err());
        for (String name : names) {
            assertEquals("mine", Files.readString(folder.resolve(name)), name);
        }
        try (var entries = Files.list(folder)) {
            assertEquals(names.size(), entries.count());
        }
    }

    @Test
    void an_empty_folder_will_do() throws IOException {
        Path out = Files.createDirectory(folder.resolve("out"));
        Files.createFile(out.resolve(".hidden"));
        CommandRun run = train(out);
        assertEquals(0, run.exit(), run.err());
    }

    @Test
    void a_file_is_no_folder() throws IOException {
        Path file = Files.writeString(folder.resolve("notes.txt"), "mine");
        for (Path out : List.of(file, file.resolve("below"))) {
            CommandRun run = train(out);
            assertEquals(2, run.exit(), run.err());
            assertTrue(run.err().contains(file + " is a file, but a run is a folder"), run.err());
            assertFalse(run.err().contains("run folder"), run.err());
        }
    }

    @Test
    void a_disk_that_takes_no_files_is_refused_first() {
        Path system = Path.of("/proc/self"); // is read-only even for root
        CommandRun run = train(system.resolve("run"));
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("is read-only"), run.err());
    }

    @Test
    void data_that_do_not_fit_leave_nothing_behind() throws IOException {
        Path pictures = folder.resolve("pictures");
        for (String name : List.of("a/1.png", "b/1.png")) {
            Files.createDirectories(pictures.resolve(name).getParent());
            Png.write(pictures.resolve(name), new Picture(1, 4, 4, new byte[16]), Map.of());
        }
        Path out = folder.resolve("out");
        CommandRun run =
                train(
                        out,
                        "--data",
                        pictures.toString(),
                        "--set",
                        "network.classes=3",
                        "--set",
                        "data.class_names=[a, b, c]");
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains("data of 2 classes do not fit a network of 3"), run.err());
        assertFalse(run.err().contains("run folder"), run.err());
        assertFalse(Files.exists(out));
    }
}
