package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.TinyModel;
import dev.cm4j.checkpoint.FileDigest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InfoCommandTest {

    @TempDir Path folder;

    @Test
    void aModelExplainsItself() {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        CommandRun run = CommandRun.of("info", model.toString());
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("kind         cm4j model\n"), run.out());
        assertTrue(run.out().contains("sha256       " + FileDigest.sha256(model)), run.out());
        assertTrue(run.out().contains("\"model_channels\" : 32"), run.out());
        assertTrue(run.out().contains("\n  data:\n    dataset: digits\n"), run.out());
    }

    @Test
    void tensorsAreListedOnRequest() {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 0);
        CommandRun run = CommandRun.of("info", "--tensors", model.toString());
        assertTrue(run.out().contains("[128x32]             time_embed.0.weight"), run.out());
    }

    @Test
    void damagedFilesFailInOneSentence() throws Exception {
        byte[] bytes = Files.readAllBytes(TinyModel.write(folder.resolve("t.safetensors"), 0));
        Path torn = Files.write(folder.resolve("torn.pt"), Arrays.copyOf(bytes, 500));
        CommandRun run = CommandRun.of("info", torn.toString());
        assertEquals(1, run.exit());
        assertEquals("", run.out());
        assertEquals(1, run.err().lines().count(), run.err());
    }
}
