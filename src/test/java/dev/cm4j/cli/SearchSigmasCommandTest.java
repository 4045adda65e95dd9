package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cm4j.TinyModel;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Searching needs the real digits and the classifier; skipped where they are not there. */
class SearchSigmasCommandTest {

    private static final Path DATA =
            Path.of(Optional.ofNullable(System.getenv("CM4J_DATA")).orElse("../shared/data"));

    @TempDir Path folder;

    @Test
    void whatIsFoundIsStoredAndUsed() throws Exception {
        assumeTrue(
                Files.exists(DATA.resolve("checkpoints/mnist-lenet")),
                () -> "no digits and classifier under " + DATA);
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        byte[] before = Files.readAllBytes(model);
        CommandRun dry = search(model, "--dry-run", "--method=ternary", "--scales=5");
        assertEquals(0, dry.exit(), dry.err());
        assertTrue(dry.out().contains("not stored"), dry.out());
        assertEquals(4, dry.err().lines().count(), dry.err()); // the inner points, each once
        assertTrue(dry.err().contains("note: a Frechet distance of N pictures"), dry.err());
        assertEquals(-1, Arrays.mismatch(before, Files.readAllBytes(model)));

        CommandRun run = search(model, "--method=golden", "--tolerance=0.5");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains(", in place of 80,0.8"), run.out());
        String found = run.out().lines().findFirst().orElseThrow();
        try (ModelFile file = ModelFile.open(model)) {
            ModelCard card = file.card();
            List<Double> stored = card.sigmas().get(2);
            assertEquals(found, NumberList.words(stored));
            assertEquals(List.of(80.0), card.sigmas().get(1)); // others stay
            file.network().close(); // and so do the weights
        }
        CommandRun sampled =
                CommandRun.of(
                        "sample", model.toString(), "--num=1", "--out=" + folder.resolve("x.png"));
        assertTrue(sampled.err().contains("multistep " + found), sampled.err());
    }

    @Test
    void whatCannotStoreTheLevelsIsRefusedBeforeTheSearch() {
        TinyModel.write(folder.resolve("model.safetensors"), 10);
        CommandRun run = search(folder);
        assertEquals(1, run.exit(), run.err());
        assertTrue(run.err().contains(folder + ": no place for noise levels"), run.err());
    }

    private static CommandRun search(Path model, String... more) {
        String[] words = {"search-sigmas", model.toString(), "--num=20", "--precision=f32"};
        return CommandRun.of(Stream.of(words, more).flatMap(Arrays::stream).toArray(String[]::new));
    }
}
