package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.TinyModel;
import dev.cm4j.checkpoint.FileDigest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
    void elementsThatNothingReadsAreShown() throws Exception {
        String json =
                "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                        + "\"odd\":{\"dtype\":\"F8_E4M3\",\"shape\":[2,3],\"data_offsets\":[4,10]}}";
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + 10);
        bytes.order(ByteOrder.LITTLE_ENDIAN).putLong(text.length).put(text);
        Path file = Files.write(folder.resolve("odd.safetensors"), bytes.array());
        CommandRun run = CommandRun.of("info", "--tensors", file.toString());
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("tensors      2\n"), run.out());
        assertTrue(run.out().contains("not read     odd of type F8_E4M3\n"), run.out());
        assertTrue(run.out().contains("F8_E4M3 [2x3]                odd\n"), run.out());
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

    @Test
    void uselessOptionsAreRefusedBeforeAnythingIsSaid() {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 0);
        CommandRun run = CommandRun.of("info", model.toString(), "--image-size", "64");
        assertEquals(2, run.exit());
        assertEquals("", run.out());
        assertTrue(run.err().contains("--image-size"), run.err());
    }
}
