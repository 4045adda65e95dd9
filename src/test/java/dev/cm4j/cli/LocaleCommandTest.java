package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.PendingTensor;
import dev.cm4j.checkpoint.ShardedSafetensors;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.tensor.DType;
import dev.cm4j.testing.ArabicDigits;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files are called alike under every locale, so that what one wrote another finds. */
@ExtendWith(ArabicDigits.class)
class LocaleCommandTest {

    @TempDir Path folder;

    @Test
    void a_run_is_found_again() throws IOException {
        assertEquals("١٢", String.format("%d", 12)); // else this test says nothing
        Path out = folder.resolve("run");
        CommandRun begun =
                CommandRun.of(
                        "train",
                        "--out",
                        out.toString(),
                        "--steps",
                        "2",
                        "--batch",
                        "2",
                        "--precision",
                        "f32",
                        "--set",
                        "network.res_blocks=1",
                        "--set",
                        "network.channel_mult=[1]",
                        "--set",
                        "network.attention_resolutions=[]",
                        "--set",
                        "optim.averages=[{kind: power, sigma_rel: 0.05}]",
                        "--set",
                        "sampling.average=power-0.05",
                        "--set",
                        "optim.snapshots.every=1");
        assertEquals(0, begun.exit(), begun.err());
        assertTrue(begun.out().startsWith("finished after 2 steps, 4 images"), begun.out());
        CommandRun again =
                CommandRun.of(
                        "train",
                        "--resume",
                        "--out",
                        out.toString(),
                        "--steps",
                        "3",
                        "--precision",
                        "f32");
        assertEquals(0, again.exit(), again.err());
        assertTrue(again.out().startsWith("finished after 3 steps, 6 images"), again.out());
        assertTrue(Files.exists(out.resolve("ckpt-00000003")));
        assertPlainNames();
    }

    @Test
    void pictures_and_shards_have_plain_numbers() throws IOException {
        CommandRun sample =
                CommandRun.of(
                        "sample",
                        "models/digits.safetensors",
                        "--num",
                        "2",
                        "--out",
                        folder.resolve("pictures").toString());
        assertEquals(0, sample.exit(), sample.err());
        MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
        var one = new TensorEntry("one", DType.F32, new long[] {2}, bytes);
        var two = new TensorEntry("two", DType.F32, new long[] {2}, bytes);
        ShardedSafetensors.write(
                folder.resolve("model.safetensors.index.json"),
                PendingTensor.of(Map.of("one", one, "two", two)),
                8,
                WriteProgress.NONE);
        assertTrue(Files.exists(folder.resolve("model-00002-of-00002.safetensors")));
        assertPlainNames();
    }

    private void assertPlainNames() throws IOException {
        try (var files = Files.walk(folder)) {
            List<String> odd =
                    files.map(file -> file.getFileName().toString())
                            .filter(name -> !name.matches("\\p{ASCII}*"))
                            .toList();
            assertEquals(List.of(), odd);
        }
    }
}
