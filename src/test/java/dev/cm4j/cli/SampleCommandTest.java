package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.TinyModel;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import dev.cm4j.image.Png;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleCommandTest {

    @TempDir Path folder;

    private CommandRun sample(Path out, String... more) {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        String[] words = {"sample", model.toString(), "--out", out.toString(), "--steps", "1"};
        return CommandRun.of(Stream.of(words, more).flatMap(Arrays::stream).toArray(String[]::new));
    }

    @Test
    void aGridWithRemarks() {
        Path out = folder.resolve("grid.png");
        CommandRun run =
                sample(out, "--num", "6", "--columns", "3", "--scale", "2", "--class", "7");
        assertEquals(0, run.exit(), run.err());
        assertEquals(out + "\n", run.out());
        Picture grid = PictureFile.read(out);
        assertEquals(2 * (3 * 30 + 2), grid.width());
        assertEquals(2 * (2 * 30 + 2), grid.height());
        Map<String, String> remarks = Png.text(out);
        assertEquals("0", remarks.get("seed"));
        assertEquals("7,7,7,7,7,7", remarks.get("labels"));
        assertEquals("multistep 80", remarks.get("sampler"));
        assertEquals(
                FileDigest.sha256(folder.resolve("tiny.safetensors")), remarks.get("checkpoint"));
    }

    @Test
    void arraysAsTheOriginalHasThem() {
        Path out = folder.resolve("x.npz");
        assertEquals(0, sample(out, "--num", "3", "--class", "1,2").exit());
        try (NpzFile file = NpzFile.open(out)) {
            assertEquals(List.of(3L, 28L, 28L, 1L), shape(file, "arr_0"));
            assertEquals(List.of(3L), shape(file, "arr_1"));
        }
    }

    @Test
    void aFolderOfSingleFiles() {
        Path out = folder.resolve("pictures");
        assertEquals(0, sample(out, "--num", "2", "--class", "4").exit());
        assertEquals(28, PictureFile.read(out.resolve("4_000001.png")).width());
    }

    @Test
    void theSameWordsGiveTheSameFile() throws Exception {
        Path one = folder.resolve("one.png");
        Path two = folder.resolve("two.png");
        sample(one, "--num", "4", "--seed", "9", "--precision", "f32");
        sample(two, "--num", "4", "--seed", "9", "--precision", "f32");
        assertEquals(-1, Files.mismatch(one, two));
    }

    @Test
    void badWordsAreMisuse() {
        Path out = folder.resolve("x.png");
        for (String[] wrong :
                new String[][] {
                    {"--class", "10"},
                    {"--columns", "0"},
                    {"--scale", "0"},
                    {"--batch", "0"},
                    {"--threads", "0"},
                    {"--sigmas", "80"}, // and --steps
                }) {
            CommandRun run = sample(out, wrong);
            assertEquals(2, run.exit(), String.join(" ", wrong));
            assertTrue(run.err().startsWith("cm4j: "), run.err());
            assertTrue(Files.notExists(out));
        }
    }

    @Test
    void stackTracesOnlyOnRequest() throws Exception {
        Path bad = Files.writeString(folder.resolve("bad.safetensors"), "nonsense");
        CommandRun quiet = CommandRun.of("sample", bad.toString());
        assertEquals(1, quiet.exit());
        assertEquals(1, quiet.err().lines().count(), quiet.err());
        CommandRun loud = CommandRun.of("sample", bad.toString(), "--verbose");
        assertTrue(loud.err().contains("\tat dev.cm4j"), loud.err());
    }

    private static List<Long> shape(NpzFile file, String name) {
        return Arrays.stream(file.entry(name).shape()).boxed().toList();
    }
}
