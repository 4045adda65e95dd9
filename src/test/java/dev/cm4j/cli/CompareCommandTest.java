package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.compare.TinyReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a file to a page: teachers, students, samplers, and what goes on after an interruption. */
class CompareCommandTest {

    private static final String SMALL =
            "set: [network.res_blocks=1, 'network.channel_mult=[1]', 'network.attention_resolutions=[]',"
                    + " optim.batch_size=4, MORE]";

    @TempDir Path folder;
    private Path file;

    @BeforeEach
    void aFile() throws IOException {
        Path reference = TinyReference.write(folder.resolve("noise.npz"));
        String text =
                """
                title: Tiny digits
                datasets:
                  - {name: digits, data: digits, reference: NOISE, metric: fid-random, pictures: 4}
                entries:
                  - name: CD
                    dataset: digits
                    train: {preset: digits-cd, steps: 2, teacher: EDM, SMALL}
                    samplers:
                      - {sampler: multistep, nfe: [1, 2]}
                  - name: EDM
                    dataset: digits
                    train: {preset: digits-edm, steps: STEPS, SMALL}
                    samplers:
                      - {sampler: ddim, nfe: [2]}
                      - {sampler: deis, nfe: [2]}
                      - {sampler: es-ddpm, nfe: [4], from: CD, from_sigma: 2}
                  - name: KD
                    dataset: digits
                    train:
                      preset: digits-kd
                      steps: 2
                      teacher: EDM
                      PAIRS
                    samplers:
                      - {sampler: onestep}
                """
                        .replace("NOISE", reference.toString())
                        .replace(
                                "PAIRS",
                                SMALL.replace(
                                        "MORE",
                                        "method.phases.0.objective.pairs=4, method.phases.0.objective.sampler_steps=1"))
                        .replace("SMALL", SMALL.replace(", MORE", ""));
        file = folder.resolve("tiny.yaml");
        Files.writeString(file, text.replace("STEPS", "2"));
        Files.writeString(folder.resolve("long.yaml"), text.replace("STEPS", "100000"));
    }

    private List<String> words(Path what, String... more) {
        List<String> words =
                new ArrayList<>(List.of("compare", what.toString(), "--precision", "f32"));
        words.addAll(List.of("--threads", "1", "--out", folder.resolve("out").toString()));
        words.addAll(List.of(more));
        return words;
    }

    private CommandRun compare(Path what, String... more) {
        return CommandRun.of(words(what, more).toArray(String[]::new));
    }

    @Test
    void oneCommandTrainsMeasuresAndWritesThePage() throws Exception {
        CommandRun first = compare(file);
        assertEquals(0, first.exit(), first.err());
        Path out = folder.resolve("out");
        assertEquals(
                "page  %s%ntable %s%n"
                        .formatted(out.resolve("comparison.html"), out.resolve("comparison.csv")),
                first.out());
        assertTrue(first.err().indexOf("entry EDM") < first.err().indexOf("entry CD"), first.err());
        assertEquals(6, first.err().lines().filter(l -> l.contains("a picture")).count());
        List<String> rows = Files.readAllLines(out.resolve("comparison.csv"));
        assertEquals(7, rows.size(), () -> String.join("\n", rows));
        assertTrue(rows.stream().anyMatch(row -> row.startsWith("measured,digits,EDM,es-ddpm")));
        String page = Files.readString(out.resolve("comparison.html"));
        assertTrue(page.contains("minutes with teachers"));

        CommandRun second = compare(file);
        assertEquals(0, second.exit(), second.err());
        assertFalse(second.err().contains("a picture"), second.err());
        assertFalse(second.err().contains("step "), second.err());
        assertEquals(rows, Files.readAllLines(out.resolve("comparison.csv")));
        assertEquals(page, Files.readString(out.resolve("comparison.html")));

        CommandRun more = compare(file, "--num", "6");
        assertEquals(6, more.err().lines().filter(l -> l.contains("a picture")).count());
        assertFalse(more.err().contains("step "), more.err());
    }

    @Test
    void anInterruptedTrainingIsGoneOnWith() throws Exception {
        CommandProcess process =
                CommandProcess.start(words(folder.resolve("long.yaml")).toArray(String[]::new));
        process.await("step ");
        process.interrupt();
        assertEquals(130, process.exit(), process::text);
        assertTrue(process.text().contains("interrupted; the same command goes on"));
        CommandProcess again =
                CommandProcess.start(words(folder.resolve("long.yaml")).toArray(String[]::new));
        again.await("step ");
        again.interrupt();
        assertEquals(130, again.exit(), again::text);
        assertFalse(again.text().contains("step 1,"), again.text());
    }

    @Test
    void whatCannotWorkIsRefusedBeforeAnythingIsTrained() throws Exception {
        refused(CommandRun.of("compare"), "give either a FILE or --quick");
        refused(compare(file, "--quick"), "give either a FILE or --quick");
        refused(compare(file, "--model", "XY=z"), "there is no 'XY'");
        refused(compare(file, "--data", "digts=z"), "did you mean 'digits'?");
        refused(compare(file, "--num", "1"), "2 or more");
        Files.writeString(file, Files.readString(file).replace("digits-kd", "digits-kdd"));
        refused(compare(file), "there is no preset 'digits-kdd'");
        CommandRun nowhere = compare(folder.resolve("no.yaml"));
        assertEquals(1, nowhere.exit());
        assertTrue(nowhere.err().contains("no.yaml does not exist"), nowhere.err());
        assertFalse(Files.exists(folder.resolve("out")));
    }

    private static void refused(CommandRun run, String words) {
        assertEquals(2, run.exit(), run.err());
        assertTrue(run.err().contains(words), run.err());
    }
}
