package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.TinyModel;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Needs the real digits and the classifier; skipped where they are not there. */
class EvaluateCommandTest {

    private static final Path DATA =
            Path.of(Optional.ofNullable(System.getenv("CM4J_DATA")).orElse("../shared/data"));

    @TempDir Path folder;

    @BeforeEach
    void data() {
        assumeTrue(
                Files.exists(DATA.resolve("checkpoints/mnist-lenet")),
                () -> "no digits and classifier under " + DATA);
    }

    @Test
    void samplesAreScoredInEveryForm() throws Exception {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        String common = "--precision=f32";
        CommandRun direct =
                CommandRun.of(
                        "evaluate",
                        model.toString(),
                        "--num",
                        "20",
                        "--steps",
                        "1",
                        "--json",
                        common);
        assertEquals(0, direct.exit(), direct.err());
        JsonNode json = new ObjectMapper().readTree(direct.out());
        assertEquals(20, json.get("pictures").asInt());
        assertTrue(json.get("fid_digits").asDouble() > 100, direct.out());

        Path array = folder.resolve("x.npz");
        CommandRun sampled =
                CommandRun.of(
                        "sample",
                        model.toString(),
                        "--num",
                        "20",
                        "--steps",
                        "1",
                        "--out",
                        array.toString(),
                        common);
        assertEquals(0, sampled.exit(), sampled.err());
        CommandRun stored = CommandRun.of("evaluate", array.toString(), "--json");
        JsonNode same = new ObjectMapper().readTree(stored.out());
        assertEquals(json.get("fid_digits").asDouble(), same.get("fid_digits").asDouble(), 1e-6);
        assertEquals(json.get("accuracy").asDouble(), same.get("accuracy").asDouble());

        CommandRun csv = CommandRun.of("evaluate", array.toString(), "--csv", "--num", "10");
        assertEquals(2, csv.out().lines().count(), csv.out());
        CommandRun text = CommandRun.of("evaluate", array.toString());
        assertTrue(text.out().contains("of 20 MNIST test digits"), text.out());
    }

    @Test
    void theModelOfARunIsScoredAndNotItsPreviews() {
        Path run = folder.resolve("run");
        Path model = TinyModel.write(run.resolve("model.safetensors"), 10);
        Png.write(run.resolve("preview.png"), new Picture(1, 28, 28, new byte[784]), Map.of());
        String[] common = {"--num", "20", "--steps", "1", "--csv", "--precision", "f32"};
        String ofRun = score(run, common);
        assertEquals(score(model, common), ofRun);
    }

    private static String score(Path source, String... more) {
        CommandRun run =
                CommandRun.of(
                        Stream.concat(Stream.of("evaluate", source.toString()), Arrays.stream(more))
                                .toArray(String[]::new));
        assertEquals(0, run.exit(), run.err());
        return run.out().lines().toList().getLast().split(",")[1];
    }

    @Test
    void realDigitsAreTheirOwnBaseline() {
        CommandRun run =
                CommandRun.of("evaluate", DATA.resolve("mnist").toString(), "--num", "500");
        assertEquals(0, run.exit(), run.err());
        String score = run.out().replaceAll("(?s).*fid-digits +([0-9.]+)\n.*", "$1");
        assertTrue(run.out().contains("baseline         fid-digits " + score), run.out());
    }

    @Test
    void everyMetricSaysItsProtocol() throws Exception {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        Path array = folder.resolve("reference.npz");
        String tiny = model.toString();
        CommandRun sampled =
                CommandRun.of(
                        "sample", tiny, "--num", "40", "--steps", "1", "--out", array.toString());
        assertEquals(0, sampled.exit(), sampled.err());
        CommandRun run =
                CommandRun.of(
                        "evaluate",
                        tiny,
                        "--num=30",
                        "--steps=1",
                        "--metrics=fid,is,pr,kid",
                        "--reference=" + array,
                        "--seeds=2",
                        "--json");
        assertEquals(0, run.exit(), run.err());
        JsonNode json = new ObjectMapper().readTree(run.out());
        assertEquals(2, json.get("seeds").asInt());
        assertTrue(json.get("note").asText().contains("singular"), run.out());
        for (JsonNode value : json.get("values")) {
            String protocol = value.get("protocol").asText();
            assertTrue(protocol.contains("30") && protocol.contains("LeNet"), protocol);
            assertTrue(value.get("interval95").asDouble() >= 0, value.toString());
        }
        assertEquals("fid-digits", json.get("values").get(0).get("name").asText());
        CommandRun text =
                CommandRun.of(
                        "evaluate", array.toString(), "--metrics=fid,kid", "--reference=" + array);
        assertEquals(0, text.exit(), text.err());
        assertTrue(text.out().contains("N = 40 against 40"), text.out());
        CommandRun csv =
                CommandRun.of(
                        "evaluate", array.toString(), "--metrics=is", "--features=lenet", "--csv");
        assertEquals(5, csv.out().lines().count(), csv.out() + csv.err());
    }

    @Test
    void whatCannotBeMeasuredIsMisuse() {
        String mnist = DATA.resolve("mnist").toString();
        for (String[] words :
                new String[][] {
                    {"--metrics=sfid"},
                    {"--metrics=lpips"},
                    {"--metrics=fid", "--seeds=2"},
                    {"--metrics=fid", "--seeds=0"},
                    {"--features=inception"},
                    {"--metrics=fid", "--reference=nowhere.npz"},
                    {"--metrics=nonsense"}
                }) {
            String[] all = new String[words.length + 2];
            all[0] = "evaluate";
            all[1] = mnist;
            System.arraycopy(words, 0, all, 2, words.length);
            CommandRun run = CommandRun.of(all);
            assertEquals(2, run.exit(), String.join(" ", words) + ": " + run.err());
        }
    }

    @Test
    void tooManyPicturesAreMisuse() {
        CommandRun run =
                CommandRun.of("evaluate", DATA.resolve("mnist").toString(), "--num", "20000");
        assertEquals(2, run.exit(), run.err());
    }

    @Test
    void aDataSetIsScoredByItsName() {
        CommandRun run = CommandRun.of("evaluate", "mnist", "--num", "20");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains("mnist"), run.out());
        CommandRun colours = CommandRun.of("evaluate", "cifar10", "--num", "20");
        assertTrue(colours.err().contains("pictures of 3 channels; expected grey"), colours.err());
    }

    @Test
    void optionsOfModelsSayNothingOfPictures() {
        for (String option : new String[] {"--steps=4", "--sampler=heun", "--key=foo"}) {
            CommandRun run = CommandRun.of("evaluate", "mnist", "--num", "20", option);
            assertEquals(2, run.exit(), option);
            assertTrue(run.err().contains("which is pictures and no model"), run.err());
        }
    }
}
