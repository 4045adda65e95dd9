package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchFile;
import dev.cm4j.checkpoint.TorchWriter;
import dev.cm4j.convert.OpenAiLayout;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.testing.Edm2Networks;
import dev.cm4j.testing.RandomWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint of NVlabs/edm2 becomes a model that samples, and goes back. */
class Edm2ConversionCommandTest {

    @TempDir Path folder;

    @Test
    void there_and_back() {
        Map<String, TensorEntry> weights = weights(Edm2Networks.tiny(3, 10));
        Path original = folder.resolve("edm2-s.pt");
        TorchWriter.write(original, weights);
        Path model = folder.resolve("model.safetensors");
        String said = converted(original, model, "--from", "edm2", "--to", "cm4j");
        assertTrue(said.contains("every tensor reads back the same"), said);
        String info = succeed("info", model.toString());
        assertTrue(info.contains("magnitude-preserving U-Net 16x16, 3 to 3 channels"), info);
        assertTrue(info.contains("10 classes"), info);
        Path grid = folder.resolve("grid.png");
        succeed("sample", model.toString(), "-n", "2", "--steps", "3", "-o", grid.toString());
        assertTrue(Files.isRegularFile(grid));
        Path back = folder.resolve("back.pt");
        converted(model, back);
        try (TorchFile file = TorchFile.open(back)) {
            assertEquals(weights.keySet(), file.entries().keySet());
            weights.forEach((name, entry) ->
                    assertEquals(-1, entry.data().mismatch(file.entries().get(name).data())));
        }
        Path half = folder.resolve("half.safetensors");
        said = converted(original, half, "--from", "edm2", "--dtype", "f16");
        assertTrue(said.contains(" f16") || said.contains(" F16"), said);
    }

    @Test
    void diffusers_has_no_words_for_it() {
        Path original = folder.resolve("edm2-s.pt");
        TorchWriter.write(original, weights(Edm2Networks.tiny(3, 0)));
        String pipeline = folder.resolve("pipeline").toString();
        refused(
                "the network is of kind edm2",
                "convert",
                original.toString(),
                pipeline,
                "--from",
                "edm2");
    }

    @Test
    void latents_are_no_pictures() {
        Path original = folder.resolve("edm2-latents.pt");
        TorchWriter.write(original, weights(Edm2Networks.tiny(4, 0)));
        Path model = folder.resolve("latents.safetensors");
        converted(original, model, "--from", "edm2", "--to", "cm4j");
        assertTrue(succeed("info", model.toString()).contains("works on latents"));
        refused(
                "makes latents of 4 channels",
                "sample",
                model.toString(),
                "-n",
                "1",
                "-o",
                folder.resolve("no.png").toString());
    }

    private static Map<String, TensorEntry> weights(UNetConfig network) {
        return RandomWeights.of(OpenAiLayout.of(network), 1);
    }

    private static String converted(Path from, Path to, String... options) {
        var words = new ArrayList<>(List.of(options));
        words.addAll(List.of("--check", from.toString(), to.toString()));
        words.addFirst("convert");
        return succeed(words.toArray(String[]::new));
    }

    private static void refused(String sentence, String... args) {
        CommandRun run = CommandRun.of(args);
        assertEquals(1, run.exit(), run.out());
        assertTrue(run.err().contains(sentence), run.err());
    }

    private static String succeed(String... args) {
        CommandRun run = CommandRun.of(args);
        assertEquals(0, run.exit(), run.err());
        return run.out();
    }
}
