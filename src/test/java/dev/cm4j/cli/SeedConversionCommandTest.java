package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchFile;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.convert.OpenAiLayout;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.testing.RandomWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint of cloneofsimo/consistency_models becomes a model that samples, and goes back. */
class SeedConversionCommandTest {

    private static final UNetConfig NETWORK = UNetConfig.seed(32, 1);

    @TempDir Path folder;

    @Test
    void there_and_back() {
        Path original = folder.resolve("ct_mnist.pt");
        Map<String, TensorEntry> weights = RandomWeights.of(OpenAiLayout.of(NETWORK), 1);
        TorchWriter.write(original, weights);
        Path model = folder.resolve("model.safetensors");
        String said =
                succeed(
                        "convert",
                        original.toString(),
                        model.toString(),
                        "--from",
                        "cloneofsimo",
                        "--to",
                        "cm4j",
                        "--check");
        assertTrue(said.contains("every tensor reads back the same"), said);
        String info = succeed("info", model.toString());
        assertTrue(info.contains("cloneofsimo/consistency_models 32x32, 1 channels"), info);
        Path grid = folder.resolve("grid.png");
        succeed("sample", model.toString(), "-n", "4", "--steps", "5", "-o", grid.toString());
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
        Path original = folder.resolve("seed.pt");
        TorchWriter.write(original, RandomWeights.of(OpenAiLayout.of(NETWORK), 1));
        CommandRun run =
                CommandRun.of(
                        "convert",
                        original.toString(),
                        folder.resolve("pipeline").toString(),
                        "--from",
                        "cloneofsimo");
        assertEquals(1, run.exit());
        assertTrue(run.err().contains("the network is of kind seed"), run.err());
    }

    private static String succeed(String... args) {
        CommandRun run = CommandRun.of(args);
        assertEquals(0, run.exit(), run.err());
        return run.out();
    }
}
