package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchFile;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.convert.OpenAiLayout;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.testing.RandomWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A SongUNet becomes a model that samples, and goes back as it came. */
class SongConversionCommandTest {

    @TempDir Path folder;

    @ParameterizedTest
    @CsvSource({"DDPMPP, ect, 3", "NCSNPP, edm, 0"})
    void there_and_back(NetworkKind kind, String from, int classes) {
        UNetConfig network = network(kind).withClasses(classes);
        Path original = folder.resolve("net.pt");
        Map<String, TensorEntry> weights = RandomWeights.of(OpenAiLayout.of(network), 1);
        TorchWriter.write(original, weights);
        String seen = succeed("info", original.toString(), "--from", from);
        String words = kind == NetworkKind.DDPMPP ? "DDPM++" : "NCSN++";
        assertTrue(seen.contains(words + " of NVlabs/edm 8x8, 3 to 3 channels"), seen);
        Path model = folder.resolve("model.safetensors");
        String said =
                succeed(
                        "convert",
                        original.toString(),
                        model.toString(),
                        "--from",
                        from,
                        "--to",
                        "cm4j",
                        "--check");
        assertTrue(said.contains("every tensor reads back the same"), said);
        String info = succeed("info", model.toString());
        assertTrue(info.contains(words), info);
        Path grid = folder.resolve("grid.png");
        succeed("sample", model.toString(), "-n", "2", "--steps", "2", "-o", grid.toString());
        assertTrue(Files.isRegularFile(grid));
        Path back = folder.resolve("back.pt");
        succeed("convert", model.toString(), back.toString(), "--check");
        try (TorchFile file = TorchFile.open(back)) {
            assertEquals(weights.keySet(), file.entries().keySet());
            weights.forEach((name, entry) ->
                    assertEquals(-1, entry.data().mismatch(file.entries().get(name).data())));
        }
    }

    @Test
    void diffusers_has_no_words_for_it() {
        Path original = folder.resolve("song.pt");
        TorchWriter.write(
                original, RandomWeights.of(OpenAiLayout.of(network(NetworkKind.NCSNPP)), 1));
        CommandRun run =
                CommandRun.of(
                        "convert",
                        original.toString(),
                        folder.resolve("pipeline").toString(),
                        "--from",
                        "ect");
        assertEquals(1, run.exit());
        assertTrue(run.err().contains("the network is of kind ncsnpp, and not adm"), run.err());
    }

    private static UNetConfig network(NetworkKind kind) {
        UNetConfig published =
                kind == NetworkKind.DDPMPP ? UNetConfig.ddpmpp() : UNetConfig.ncsnpp();
        return published.toBuilder()
                .imageSize(8)
                .modelChannels(16)
                .resBlocks(1)
                .channelMult(List.of(1, 2))
                .attentionResolutions(List.of(4))
                .build();
    }

    private static String succeed(String... args) {
        CommandRun run = CommandRun.of(args);
        assertEquals(0, run.exit(), run.err());
        return run.out();
    }
}
