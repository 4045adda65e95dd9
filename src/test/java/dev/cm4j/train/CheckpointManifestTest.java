package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A damaged manifest is a damaged checkpoint: the one before is taken. */
class CheckpointManifestTest {

    @TempDir private Path run;
    private Path older;
    private Path newer;

    @BeforeEach
    void write() throws IOException {
        older = checkpoint(1);
        newer = checkpoint(2);
    }

    private Path checkpoint(long step) throws IOException {
        Path folder = Files.createDirectories(run.resolve("ckpt-%08d".formatted(step)));
        TreeMap<String, CheckpointManifest.FileMark> files = new TreeMap<>();
        for (String name : List.of("model.safetensors", "optimizer.safetensors")) {
            Path file = Files.writeString(folder.resolve(name), name + step);
            files.put(name, CheckpointManifest.FileMark.of(file));
        }
        new CheckpointManifest(
                        CheckpointManifest.FORMAT,
                        "1",
                        "2",
                        "25",
                        "digits",
                        Map.of("optim.rate", "0.001"),
                        "00",
                        "1m",
                        step,
                        64 * step,
                        1.5,
                        0,
                        0,
                        10,
                        TrainState.Stage.NONE,
                        .9,
                        .001,
                        .5,
                        1,
                        64,
                        "data",
                        List.of("0.9999"),
                        files)
                .write(folder);
        return folder;
    }

    @Test
    void the_newest_whole_one_is_taken() {
        List<String> damaged = new ArrayList<>();
        assertEquals(Optional.of(newer), new CheckpointFolder(run).newestGood(damaged::add));
        assertEquals(List.of(), damaged);
    }

    static Stream<Arguments> spoilt() {
        return Stream.of(
                spoilt("state.json: null", _ -> "null"),
                spoilt("state.json", _ -> "[]"),
                spoilt("state.json", _ -> ""),
                spoilt("null", text -> text.replaceFirst("(?s)\"files\" : .*", "\"files\": null}")),
                spoilt(
                        "no model.safetensors among its files",
                        text -> text.replaceFirst("(?s)\"files\" : .*", "\"files\": {}}")),
                spoilt(
                        "no optimizer.safetensors among its files",
                        text -> text.replace("\"optimizer.safetensors\"", "\"model.safetensors\"")),
                spoilt(
                        "model.safetensors is null",
                        text ->
                                text.replaceFirst(
                                        "(?s)\"model.safetensors\" : \\{[^}]*\\}",
                                        "\"model.safetensors\": null")),
                spoilt("optim.rate is null", text -> text.replace("\"0.001\"", "null")),
                spoilt(
                        "dataset_fingerprint is null",
                        text ->
                                text.replace(
                                        "\"dataset_fingerprint\" : \"data\"",
                                        "\"dataset_fingerprint\": null")),
                spoilt(
                        "a file called 'a",
                        text ->
                                text.replace(
                                        "\"files\" : {",
                                        "\"files\" : {\"a\\u0000\": {\"bytes\": 1, \"sha256\": \"0\"},")));
    }

    private static Arguments spoilt(String part, UnaryOperator<String> spoil) {
        return Arguments.of(part, spoil);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("spoilt")
    void a_damaged_one_is_told_and_passed_over(String part, UnaryOperator<String> spoil)
            throws IOException {
        Path state = newer.resolve("state.json");
        String good = Files.readString(state);
        String bad = spoil.apply(good);
        assertTrue(!bad.equals(good), good);
        Files.writeString(state, bad);
        List<String> damaged = new ArrayList<>();
        assertEquals(Optional.of(older), new CheckpointFolder(run).newestGood(damaged::add));
        assertEquals(1, damaged.size());
        assertTrue(damaged.getFirst().contains(part), damaged.getFirst());
        assertTrue(damaged.getFirst().contains("ckpt-00000002"), damaged.getFirst());
    }
}
