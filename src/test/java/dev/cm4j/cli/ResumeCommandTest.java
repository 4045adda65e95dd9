package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.train.RunDescription;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run that goes on need not be told again. */
class ResumeCommandTest {

    @TempDir Path folder;

    private Path pictures;
    private Path out;

    @BeforeEach
    void pictures() throws IOException {
        pictures = folder.resolve("my pictures");
        out = folder.resolve("my 'run'");
        for (String name : List.of("a/1.png", "b/1.png")) {
            Files.createDirectories(pictures.resolve(name).getParent());
            Png.write(pictures.resolve(name), new Picture(1, 28, 28, new byte[784]), Map.of());
        }
    }

    private CommandRun begin() {
        List<String> words = new ArrayList<>(List.of("train", "--out", out.toString()));
        words.addAll(List.of("--data=" + pictures, "--precision", "f16"));
        words.addAll(List.of("--batch", "2", "--steps", "1"));
        words.addAll(List.of("--set", "network.res_blocks=1", "--set", "network.channel_mult=[1]"));
        words.addAll(List.of("--set", "network.attention_resolutions=[]"));
        return CommandRun.of(words.toArray(String[]::new));
    }

    private CommandRun resume(String... more) {
        List<String> words = new ArrayList<>(List.of("train", "--resume", "--out", "" + out));
        words.addAll(List.of(more));
        return CommandRun.of(words.toArray(String[]::new));
    }

    @Test
    void data_and_precision_come_from_the_record() {
        CommandRun begun = begin();
        assertEquals(0, begun.exit(), begun.err());
        for (String steps : List.of("2", "3")) { // the second record says neither
            CommandRun again = resume("--steps", steps);
            assertEquals(0, again.exit(), again.err());
            assertTrue(again.err().contains("digits: 2 images of 1x28x28"), again.err());
            assertTrue(again.err().contains(", f16, "), again.err());
            assertFalse(again.err().contains("goes on in"), again.err());
        }
        assertEquals("f16", RunDescription.read(out).precision());
        CommandRun other = resume("--steps", "4", "--precision", "f32");
        assertEquals(0, other.exit(), other.err());
        assertTrue(
                other.err().contains("the run computed in f16 so far and goes on in f32"),
                other.err());
    }

    @Test
    void data_that_have_gone_are_asked_for() throws IOException {
        assertEquals(0, begin().exit());
        Path elsewhere = Files.move(pictures, folder.resolve("elsewhere"));
        CommandRun lost = resume("--steps", "2");
        assertEquals(2, lost.exit(), lost.err());
        assertTrue(lost.err().contains("the run learnt from " + pictures), lost.err());
        assertTrue(lost.err().contains("say with --data where it is"), lost.err());
        CommandRun found = resume("--steps", "2", "--data", elsewhere.toString());
        assertEquals(0, found.exit(), found.err());
    }

    @Test
    void a_length_that_was_passed_is_refused() throws IOException {
        assertEquals(0, begin().exit());
        assertEquals(0, resume("--steps", "3").exit());
        String record = Files.readString(out.resolve("run.json"));
        for (List<String> length : List.of(List.of("--steps", "2"), List.of("--minutes", "1e-6"))) {
            CommandRun shorter = resume(length.toArray(String[]::new));
            assertEquals(2, shorter.exit(), shorter.err());
            assertTrue(shorter.err().contains("the run has taken 3 steps in 0:0"), shorter.err());
            assertTrue(shorter.err().contains("of its 3 steps already, so it cannot last "));
        }
        assertEquals(record, Files.readString(out.resolve("run.json")));
        CommandRun same = resume("--steps", "3");
        assertEquals(0, same.exit(), same.err());
    }

    @Test
    void commands_can_be_pasted() throws IOException {
        CommandRun begun = begin();
        String quoted = "'" + folder + "/my '\\''run'\\''";
        assertTrue(
                begun.out().contains("next: cm4j sample " + quoted + "/model.safetensors'\n"),
                begun.out());
        for (String name : List.of("README.md", "run.txt")) {
            String text = Files.readString(out.resolve(name));
            assertTrue(text.contains("cm4j train --out " + quoted + "' '--data="), text);
        }
    }
}
