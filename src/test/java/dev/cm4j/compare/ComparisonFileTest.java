package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.preset.PresetException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a file may say, and one sentence for what it may not. */
class ComparisonFileTest {

    private static final Path FOLDER = Path.of("models", "compare");

    private static final String GOOD =
            """
            title: A title
            datasets:
              - {name: digits, data: digits, metric: fid-random, pictures: 16}
            entries:
              - name: teacher
                dataset: digits
                train: {preset: digits-edm, minutes: 1}
                samplers:
                  - {sampler: heun, nfe: [5, 9]}
              - name: student
                dataset: digits
                train: {preset: digits-cd, steps: 10, teacher: teacher}
                samplers:
                  - {sampler: multistep, nfe: [1, 2]}
            """;

    private static void refused(String from, String to, String... words) {
        assertTrue(GOOD.contains(from), from);
        var error =
                assertThrows(
                        PresetException.class,
                        () -> ComparisonFile.parse(GOOD.replace(from, to), "my.yaml"));
        assertTrue(error.getMessage().startsWith("my.yaml"), error.getMessage());
        for (String word : words) {
            assertTrue(error.getMessage().contains(word), error.getMessage());
        }
    }

    @Test
    void whatIsLeftOutHasAUsualValue() {
        ComparisonConfig config = ComparisonFile.parse(GOOD, "my.yaml");
        assertEquals(List.of(0L), config.seeds());
        assertTrue(config.published());
        assertEquals(JudgeKind.FID_RANDOM, config.dataset("digits").metric());
        assertEquals(
                List.of("teacher", "student"),
                config.inOrder().stream().map(EntryConfig::name).toList());
    }

    @Test
    void teachersComeFirstWhereverTheyStand() {
        ComparisonConfig config =
                ComparisonFile.parse(
                        GOOD.replace("name: teacher", "name: x")
                                .replace("name: student", "name: teacher")
                                .replace("teacher: teacher", "teacher: x")
                                .replace("preset: digits-edm,", "preset: digits-edm, seed: 1,"),
                        "my.yaml");
        assertEquals(
                List.of("x", "teacher"), config.inOrder().stream().map(EntryConfig::name).toList());
    }

    @Test
    void unknownKeysAndNamesAreRefusedWithTheNearest() {
        refused("pictures", "picturs", "unknown key 'datasets.0.picturs'", "'pictures'");
        refused("minutes", "minuts", "entries.0.train.minuts", "'minutes'");
        refused("nfe: [5", "nfes: [5", "entries.0.samplers.0.nfes", "'nfe'");
        refused("fid-random", "fid-randm", "'fid-randm'", "'fid-random'");
        refused("sampler: heun", "sampler: hoin", "'hoin'", "'heun'");
        refused("dataset: digits", "dataset: digit", "entry teacher", "'digit'", "'digits'");
        refused("teacher: teacher", "teacher: teachr", "entry student", "'teachr'", "'teacher'");
        refused("title: A title", "titel: A title", "'titel'", "'title'");
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        refused("pictures: 16", "pictures: 1", "2 or more", "not 1");
        refused("nfe: [5, 9]", "nfe: [0]", "1 or more");
        refused("nfe: [5, 9]", "nfe: [5], steps: [3]", "exclude each other");
        refused("{sampler: heun, nfe: [5, 9]}", "{sampler: heun}", "heun needs nfe");
        refused("nfe: [5, 9]", "nfe: [5], eta: 1", "eta is for ddim, es-ddpm, not for heun");
        refused("sampler: heun", "sampler: es-ddpm", "name it with from");
        refused("name: student", "name: teacher", "two entries are called 'teacher'");
        refused("name: teacher", "name: a/b", "'a/b'");
        refused("minutes: 1", "minutes: 1, steps: 4", "exclude each other");
        refused("minutes: 1", "minutes: 0", "0");
        refused("train: {preset: digits-edm, minutes: 1}", "", "either model or train");
        refused("minutes: 1", "minutes: 1, teacher: student", "form a circle");
    }

    @Test
    void modelsAndDataCanBeGivenBesideTheFile() {
        ComparisonConfig config = ComparisonFile.parse(GOOD, "my.yaml");
        EntryConfig student = config.withModel("student", "x.safetensors").entry("student");
        assertEquals("x.safetensors", student.model().orElseThrow());
        assertEquals("teacher", student.taughtBy().orElseThrow());
        DatasetConfig moved = config.withData("digits", "elsewhere").dataset("digits");
        assertEquals("elsewhere", moved.data());
        assertEquals("digits", moved.publishedAs().orElseThrow());
        var error =
                assertThrows(IllegalArgumentException.class, () -> config.withModel("studnt", "x"));
        assertTrue(error.getMessage().contains("'student'"), error.getMessage());
    }

    static Stream<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml")).toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("files")
    void filesThatComeWithCm4jAreGood(Path file) {
        ComparisonConfig config = ComparisonFile.read(file);
        for (EntryConfig entry : config.entries()) {
            entry.train().ifPresent(train -> presetExists(entry, train));
        }
    }

    @Test
    void theQuickOneIsGoodAndHoldsAllBaselines() {
        ComparisonConfig quick = ComparisonFile.quick();
        assertTrue(quick.datasets().stream().allMatch(set -> set.data().equals("digits")));
        quick.entries().forEach(entry -> presetExists(entry, entry.train().orElseThrow()));
        List<String> names = quick.entries().stream().map(EntryConfig::name).toList();
        assertTrue(
                names.containsAll(List.of("EDM", "CD", "PD", "KD", "CT", "ECT")), names::toString);
    }

    private static void presetExists(EntryConfig entry, TrainConfig train) {
        var preset = dev.cm4j.preset.Presets.named(train.preset(), train.set().orElse(List.of()));
        train.budget().ifPresent(preset::requireFits);
        assertEquals(
                preset.needsTeacher(),
                train.teacher().isPresent() && preset.needsTeacher(),
                entry.name());
    }

    @Test
    void publishedNumbersAreWhole() {
        List<PublishedResult> all = PublishedResult.all();
        assertEquals(
                2.93,
                all.stream()
                        .filter(r -> r.data().equals("cifar10"))
                        .filter(r -> r.method().startsWith("CD") && r.nfe() == 2)
                        .findFirst()
                        .orElseThrow()
                        .fid());
        assertTrue(all.stream().allMatch(r -> r.fid() > 0 && !r.source().isBlank()));
    }
}
