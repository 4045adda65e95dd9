package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.Cm4j;
import dev.cm4j.TinyModel;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.data.DataConfig;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Device;
import dev.cm4j.train.StepListener;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A cell is measured once, whatever happens in between, and again when something changes it. */
class ComparisonNativeTest {

    private static final int CELLS = 4;

    private static final String FILE =
            """
            title: Tiny <models> & more
            seeds: [3, 4]
            datasets:
              - {name: noise, data: REFERENCE, metric: fid-random, pictures: 8, published_as: cifar10}
            entries:
              - name: tiny
                dataset: noise
                model: MODEL
                samplers:
                  - {sampler: multistep, nfe: [1, 2]}
            """;

    /** A tiny diffusion model, which takes a step. */
    private static final String LESSON =
            "train: {preset: digits-edm, steps: 1, set: [network.res_blocks=1,"
                    + " 'network.channel_mult=[1]', 'network.attention_resolutions=[]',"
                    + " optim.batch_size=4, network.classes=0, 'data.class_names=[]']}";

    @TempDir Path folder;
    private final List<String> said = new ArrayList<>();
    private String file;

    @BeforeEach
    void aModel() {
        Path model = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        Path reference = TinyReference.write(folder.resolve("noise.npz"));
        file = FILE.replace("MODEL", model.toString()).replace("REFERENCE", reference.toString());
    }

    private Workplace place(Consumer<String> notices) {
        return place(Precision.F32, notices);
    }

    private Workplace place(Precision precision, Consumer<String> notices) {
        DataConfig data = DataConfig.defaults().withDownload(false);
        return new Workplace(
                folder.resolve("out"),
                data,
                Device.CPU,
                precision,
                4,
                Object::toString,
                Throwable::getMessage,
                notice -> {
                    said.add(notice);
                    notices.accept(notice);
                },
                () -> new StepListener() {});
    }

    private Comparison comparison(UnaryOperator<String> change) {
        said.clear();
        return new Comparison(
                ComparisonFile.parse(change.apply(file), "test.yaml"), place(_ -> {}));
    }

    private long measured() {
        return said.stream().filter(line -> line.contains("a picture")).count();
    }

    private long runs(UnaryOperator<String> change) {
        assertEquals(Comparison.Ending.DONE, comparison(change).run());
        return measured();
    }

    @Test
    void everyCellIsMeasuredOnceAndStandsInTableAndPage() throws Exception {
        Comparison comparison = comparison(UnaryOperator.identity());
        comparison.check();
        assertEquals(Comparison.Ending.DONE, comparison.run());
        assertEquals(CELLS, measured());
        List<String> table = Files.readAllLines(comparison.table());
        assertEquals(
                CELLS,
                table.stream().filter(line -> line.startsWith("measured,noise,tiny")).count());
        assertTrue(
                table.stream().anyMatch(line -> line.startsWith("published,noise,CD (LPIPS),,1")));
        String page = Files.readString(comparison.page());
        for (String words :
                List.of(
                        "Tiny &lt;models&gt; &amp; more",
                        "fid-random by evaluations</figcaption><svg",
                        "N = 8 pictures",
                        "seed 3, 4",
                        " ± ",
                        "another metric than ours",
                        "random network of seed 0",
                        "processor time, CPU-seconds")) {
            assertTrue(page.contains(words), words);
        }
        assertEquals(2, page.split("data:image/png;base64", -1).length - 1);
        assertFalse(page.contains("<script"), "a script");

        assertEquals(0, runs(UnaryOperator.identity()), "all is there");
        assertEquals(table, Files.readAllLines(comparison.table()));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void networksComputeInThePrecisionThatACellTells(Precision precision) {
        var options = place(precision, _ -> {}).options();
        assertEquals(Optional.of(precision.dtype()), options.dtype());
    }

    @Test
    void whatIsInterruptedGoesOnWithTheNextCell() throws Exception {
        AtomicReference<Optional<Comparison>> running = new AtomicReference<>(Optional.empty());
        var comparison =
                new Comparison(
                        ComparisonFile.parse(file, "test.yaml"),
                        place(notice -> {
                            if (notice.contains("a picture")) {
                                running.get().orElseThrow().requestStop();
                            }
                        }));
        running.set(Optional.of(comparison));
        assertEquals(Comparison.Ending.STOPPED, comparison.run());
        assertEquals(1, measured());
        assertEquals(1, rows(comparison));
        assertEquals(CELLS - 1, runs(UnaryOperator.identity()));
        assertEquals(CELLS, rows(comparison));
    }

    private static long rows(Comparison comparison) throws Exception {
        try (var lines = Files.lines(comparison.table())) {
            return lines.filter(line -> line.startsWith("measured")).count();
        }
    }

    @Test
    void whatChangesANumberMeasuresItAgainAndNothingElseDoes() {
        assertEquals(CELLS, runs(UnaryOperator.identity()));
        assertEquals(CELLS, runs(text -> text.replace("pictures: 8", "pictures: 12")));
        assertEquals(2, runs(text -> text.replace("[3, 4]", "[3, 5]")), "one new seed");
        assertEquals(2, runs(text -> text.replace("[1, 2]", "[1, 3]")), "one new number of steps");
        assertEquals(
                0,
                runs(text ->
                        text.replace("name: tiny", "name: small").replace("Tiny <", "Small <")),
                "names");
        Path other = folder.resolve("tiny.safetensors");
        TinyModel.write(other, 0);
        assertEquals(CELLS, runs(UnaryOperator.identity()), "another model");
        TinyModel.write(other, 10);
        assertEquals(0, runs(UnaryOperator.identity()), "the first one again");
    }

    @Test
    void aCellWithoutItsPicturesOrATornOneIsNotTaken() throws Exception {
        assertEquals(CELLS, runs(UnaryOperator.identity()));
        try (var strips = Files.list(folder.resolve("out/strips"))) {
            Files.delete(strips.findFirst().orElseThrow());
        }
        assertEquals(1, runs(UnaryOperator.identity()));
    }

    @Test
    void whatIsMissingIsSaidBeforeAnythingIsDone() {
        var noModel =
                assertThrows(
                        UncheckedIOException.class,
                        () -> comparison(text -> text.replace("tiny.safe", "no.safe")).check());
        assertTrue(noModel.getMessage().startsWith("entry tiny: the model"), noModel.getMessage());
        var noWeights =
                assertThrows(
                        UncheckedIOException.class,
                        () ->
                                comparison(text ->
                                                text.replace(
                                                        "fid-random",
                                                        "fid-digits, weights: nowhere.pt"))
                                        .check());
        assertTrue(noWeights.getMessage().contains("nowhere.pt"), noWeights.getMessage());
        var noTeacher =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                comparison(text ->
                                                text.replaceFirst(
                                                        "model: .*",
                                                        "train: {preset: digits-cd, steps: 4}"))
                                        .check());
        assertTrue(noTeacher.getMessage().contains("name an entry as its teacher"));
    }

    @Test
    void aStopKeepsThePageOfWhatWasMeasured() throws Exception {
        assertEquals(CELLS, runs(UnaryOperator.identity()));
        Comparison stopped = comparison(text -> text.replace("[1, 2]", "[1, 2, 3]"));
        stopped.requestStop();
        assertEquals(Comparison.Ending.STOPPED, stopped.run());
        assertEquals(0, measured());
        assertEquals(CELLS, rows(stopped));
        assertTrue(Files.readString(stopped.page()).contains("the same noise"));
    }

    @Test
    void aStopFindsTheModelsThatAreTrained() throws Exception {
        UnaryOperator<String> trained =
                text ->
                        text.replaceFirst("model: .*", LESSON)
                                .replace("multistep, nfe: [1, 2]", "ddim, nfe: [2]");
        assertEquals(Comparison.Ending.DONE, comparison(trained).run(), said::toString);
        assertEquals(2, measured());
        Comparison stopped = comparison(trained);
        stopped.requestStop();
        assertEquals(Comparison.Ending.STOPPED, stopped.run());
        assertEquals(2, rows(stopped));
        Comparison longer = comparison(text -> trained.apply(text).replace("steps: 1", "steps: 2"));
        longer.requestStop();
        assertEquals(Comparison.Ending.STOPPED, longer.run());
        assertEquals(0, rows(longer), "no model is finished");
        assertTrue(said.isEmpty(), said::toString);
    }

    @Test
    void anEntryThatFailsIsNamedAndTheOthersGoOn() throws Exception {
        String wrong =
                """
                  - name: wrong
                    dataset: noise
                    model: %s
                    samplers:
                      - {sampler: es-ddpm, nfe: [1], from: tiny}
                """
                        .formatted(folder.resolve("tiny.safetensors"));
        Comparison comparison =
                comparison(text -> text.replace("entries:\n", "entries:\n" + wrong));
        assertEquals(Comparison.Ending.INCOMPLETE, comparison.run());
        assertEquals(CELLS, measured());
        assertEquals(CELLS, rows(comparison));
        assertEquals(1, said.stream().filter(line -> line.startsWith("entry wrong: ")).count());
        String page = Files.readString(comparison.page());
        assertTrue(page.contains("<th>entry wrong</th>"), "the page names it");
        assertTrue(page.contains("fid-random by evaluations</figcaption>"), "and shows the rest");
    }

    @Test
    void whatATrainingTeachesOrStartsFailsWithItAndNothingElse() throws Exception {
        Path gone = Files.createDirectory(folder.resolve("pictures"));
        String lessons =
                """
                  - name: teacher
                    dataset: gone
                    train: {preset: digits-edm, steps: 1}
                  - name: student
                    dataset: gone
                    train: {preset: digits-cd, steps: 1, teacher: teacher}
                    samplers:
                      - {sampler: onestep}
                  - name: start
                    dataset: noise
                    train: {preset: digits-edm, steps: 1, set: [optim.micro_batch=5]}
                """;
        String set = "  - {name: gone, data: %s, metric: fid-random, pictures: 8}\n";
        Comparison comparison =
                comparison(text ->
                        text.replace("datasets:\n", "datasets:\n" + set.formatted(gone))
                                .replace("entries:\n", "entries:\n" + lessons)
                                .concat("      - {sampler: es-ddpm, nfe: [4], from: start}\n"));
        assertEquals(Comparison.Ending.INCOMPLETE, comparison.run());
        assertEquals(CELLS, rows(comparison));
        String page = Files.readString(comparison.page());
        assertTrue(page.contains("<th>entry teacher</th>"), "the page names the teacher");
        assertTrue(page.contains("not trained, for its teacher teacher failed"), page);
        assertTrue(page.contains("not a multiple of micro-batch 5"), page);
        assertTrue(page.contains("not measured, for start, which it starts from, failed"), page);
    }

    @Test
    void aSamplerThatDoesNotSuitIsSaidBeforeAnythingIsTrainedAndLeftOutAlone() throws Exception {
        UnaryOperator<String> mixed =
                text ->
                        text.replaceFirst("model: .*", LESSON)
                                .replace(
                                        "- {sampler: multistep, nfe: [1, 2]}",
                                        """
                                        - {sampler: multistep, nfe: [1]}
                                              - {sampler: ddim, nfe: [2]}
                                              - {sampler: heun, nfe: [1, 3]}
                                        """
                                                .strip());
        Comparison checked = comparison(mixed);
        checked.check();
        assertEquals(1, said.size(), said::toString);
        assertTrue(
                said.getFirst().startsWith("entry tiny: multistep not measured: this sampler is"),
                said::toString);
        assertFalse(Files.exists(folder.resolve("out")), "nothing is trained yet");
        assertEquals(Comparison.Ending.INCOMPLETE, checked.run());
        assertEquals(6, rows(checked));
        assertEquals(
                1, said.stream().filter(line -> line.contains("multistep not measured")).count());
        Comparison unchecked = comparison(mixed);
        assertEquals(Comparison.Ending.INCOMPLETE, unchecked.run());
        assertEquals(6, rows(unchecked));
        assertEquals(
                1,
                said.stream().filter(line -> line.contains("not measured")).count(),
                said::toString);
    }

    @Test
    void dataThatCannotBeReadAreSaidBeforeAnythingIsTrained() throws Exception {
        Path pictures = folder.resolve("pictures");
        UnaryOperator<String> learning =
                text ->
                        text.replaceFirst("model: .*", LESSON)
                                .replaceFirst(
                                        "data: ([^,]*),",
                                        "data: "
                                                + pictures
                                                + ", size: 28, channels: 1, reference: $1,");
        var missing = assertThrows(UncheckedIOException.class, () -> comparison(learning).check());
        assertTrue(missing.getMessage().contains(pictures.toString()), missing.getMessage());
        Files.createDirectory(pictures);
        Files.writeString(pictures.resolve("a.png"), "no picture");
        var broken = assertThrows(FormatException.class, () -> comparison(learning).check());
        assertTrue(broken.getMessage().contains("a.png"), broken.getMessage());
        Png.write(pictures.resolve("a.png"), new Picture(1, 28, 28, new byte[784]), Map.of());
        comparison(learning).check();
        assertTrue(said.stream().allMatch(line -> line.contains("multistep")), said::toString);
    }

    @Test
    void anotherMachineOrVersionIsMeasuredAnew() {
        Map<String, String> facts = Map.of("processor", "A", "native kernels", "avx2");
        String here = Surroundings.of(facts).words();
        assertNotEquals(here, Surroundings.of(Map.of("processor", "B")).words());
        assertNotEquals(
                here, Surroundings.of(Map.of("processor", "A", "native kernels", "plain")).words());
        assertTrue(here.contains(Cm4j.VERSION), here);
        String known = Surroundings.here().words();
        assertFalse(known.contains("unknown kernels"), known);
    }
}
