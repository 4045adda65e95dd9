package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import dev.cm4j.testing.PeerPython;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of several files: spread, joined, and refused where they do not belong together. */
class ShardedSafetensorsTest {

    private static final String FIRST = "model-00001-of-00002.safetensors";

    @TempDir private Path folder;

    private static Map<String, TensorEntry> tensors() {
        Map<String, TensorEntry> tensors = new LinkedHashMap<>();
        for (String name : List.of("c", "a", "b")) {
            byte[] bytes = new byte[40];
            bytes[0] = (byte) name.charAt(0);
            tensors.put(
                    name,
                    new TensorEntry(
                            name, DType.F32, new long[] {2, 5}, MemorySegment.ofArray(bytes)));
        }
        return tensors;
    }

    private Path written() {
        Path index = folder.resolve("model.safetensors.index.json");
        ShardedSafetensors.write(index, PendingTensor.of(tensors()), 80, WriteProgress.NONE);
        return index;
    }

    @Test
    void what_is_spread_is_joined() throws IOException {
        Path index = written();
        try (var inside = Files.list(folder)) {
            assertEquals(
                    List.of(
                            FIRST,
                            "model-00002-of-00002.safetensors",
                            "model.safetensors.index.json"),
                    inside.map(file -> file.getFileName().toString()).sorted().toList());
        }
        try (TensorFile read = TensorFile.open(index)) {
            assertEquals(tensors(), read.entries());
        }
        assertTrue(Files.readString(index).contains("\"total_size\" : 120"));
    }

    @Test
    void a_large_tensor_has_a_file_of_its_own_and_progress_runs_through() {
        Path index = folder.resolve("model.safetensors.index.json");
        List<Long> heard = new ArrayList<>();
        ShardedSafetensors.write(
                index,
                PendingTensor.of(tensors()),
                1,
                (written, total) -> {
                    assertEquals(120, total);
                    heard.add(written);
                });
        assertEquals(List.of(40L, 80L, 120L), heard);
        try (TensorFile read = TensorFile.open(index)) {
            assertEquals(3, read.entries().size());
        }
        assertTrue(Files.exists(folder.resolve("model-00003-of-00003.safetensors")));
    }

    @Test
    void the_reference_library_reads_each_file() {
        PeerPython python = PeerPython.require("torch", "safetensors");
        written();
        String said =
                python.run(
                        """
                        import json, sys, os, safetensors.torch
                        index = json.load(open(os.path.join(sys.argv[1], "model.safetensors.index.json")))
                        for name, file in index["weight_map"].items():
                            tensor = safetensors.torch.load_file(os.path.join(sys.argv[1], file))[name]
                            assert tensor.shape == (2, 5)
                        print(len(index["weight_map"]))
                        """,
                        folder);
        assertEquals("3", said.strip());
    }

    @Test
    void spreading_onto_itself_keeps_the_old_until_the_new_is_whole() throws IOException {
        Path index = written();
        byte[] before = Files.readAllBytes(index);
        List<Path> old = files();
        try (TensorFile source = TensorFile.open(index)) {
            AtomicBoolean whole = new AtomicBoolean(true);
            WriteProgress watch =
                    (_, _) -> {
                        try (TensorFile reader = TensorFile.open(index)) {
                            whole.compareAndSet(true, same(reader, tensors()));
                        }
                    };
            ShardedSafetensors.write(index, PendingTensor.of(source.entries()), 40, watch);
            assertTrue(whole.get());
        }
        try (TensorFile read = TensorFile.open(index)) {
            assertTrue(same(read, tensors()));
        }
        assertFalse(Arrays.equals(before, Files.readAllBytes(index)));
        old.stream()
                .filter(file -> !file.equals(index))
                .forEach(file -> assertFalse(Files.exists(file)));
    }

    @Test
    void a_failure_on_the_way_leaves_all_as_it_was() throws IOException {
        Path index = written();
        List<Path> before = files();
        byte[] text = Files.readAllBytes(index);
        List<PendingTensor> broken = new ArrayList<>(PendingTensor.of(tensors()));
        PendingTensor last = broken.removeLast();
        broken.add(
                new PendingTensor(
                        last.name(),
                        last.dtype(),
                        last.shape(),
                        () -> {
                            throw new IllegalStateException("a disk that fails");
                        }));
        assertThrows(
                IllegalStateException.class,
                () -> ShardedSafetensors.write(index, broken, 40, WriteProgress.NONE));
        assertEquals(before, files());
        assertArrayEquals(text, Files.readAllBytes(index));
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.sorted().toList();
        }
    }

    private static boolean same(TensorFile file, Map<String, TensorEntry> expected) {
        return file.entries().keySet().equals(expected.keySet())
                && expected.entrySet().stream()
                        .allMatch(e ->
                                file.entries().get(e.getKey()).data().mismatch(e.getValue().data())
                                        < 0);
    }

    @Test
    void a_file_that_an_index_names_but_does_not_write_stays() throws IOException {
        Path index = folder.resolve("model.safetensors.index.json");
        List<String> kept =
                List.of(
                        "precious.safetensors",
                        "other-00001-of-00002.safetensors",
                        "model-x-00001-of-00002.safetensors");
        StringBuilder places = new StringBuilder();
        for (String name : kept) {
            Files.writeString(folder.resolve(name), "weights of another model");
            places.append(", \"%s\": \"%s\"".formatted(name, name));
        }
        String own = "model-7-00001-of-00002.safetensors";
        Files.writeString(folder.resolve(own), "of the model before");
        Files.writeString(index, "{\"weight_map\": {\"w\": \"%s\"%s}}".formatted(own, places));
        written();
        assertFalse(Files.exists(folder.resolve(own)));
        for (String name : kept) {
            assertTrue(Files.exists(folder.resolve(name)), name);
        }
    }

    @Test
    void a_missing_file_is_named() throws IOException {
        Path index = written();
        Files.delete(folder.resolve(FIRST));
        refused(index, FIRST + " is missing");
    }

    @Test
    void a_tensor_in_another_file_is_named() throws IOException {
        Path index = written();
        String text = Files.readString(index);
        Files.writeString(index, text.replace("\"b\" : \"model-00002", "\"b\" : \"model-00001"));
        refused(index, "b");
    }

    @Test
    void a_tensor_the_index_does_not_know_is_named() throws IOException {
        Path index = written();
        Files.writeString(index, Files.readString(index).replaceFirst("\"a\" : \"[^\"]*\",", ""));
        refused(index, "a, which the index does not place here");
    }

    @Test
    void names_that_leave_the_folder_are_refused() throws IOException {
        for (String name :
                List.of("../x.safetensors", "/x.safetensors", "a\\\\x.safetensors", "..", "x.pt")) {
            refusedText("{\"weight_map\": {\"w\": \"" + name + "\"}}", "in a file called");
        }
    }

    @Test
    void indices_of_another_form_are_refused() throws IOException {
        refusedText("", "no JSON object");
        refusedText("[]", "no JSON object");
        refusedText("{}", "without weight_map");
        refusedText("{\"weight_map\": [1]}", "no object");
        refusedText("{\"weight_map\": {\"w\": 1}}", "no text");
        refusedText("{\"weight_map\": {}} {}", "text after");
        refusedText("{\"weight_map\": {\"w\": \"x.saf", "broken JSON");
        refusedText(
                "{\"weight_map\": {\"w\": \"x.safetensors\", \"w\": \"x.safetensors\"}}",
                "broken JSON");
        refusedText("{\"weight_map\": " + "[".repeat(100) + "]".repeat(100) + "}", "no object");
        refusedText("{\"metadata\": " + "[".repeat(100) + "]".repeat(100) + "}", "broken JSON");
    }

    private void refusedText(String text, String part) throws IOException {
        Path index = folder.resolve("bad.safetensors.index.json");
        Files.writeString(index, text);
        refused(index, part);
    }

    private static void refused(Path index, String part) {
        var refusal =
                assertThrows(FormatException.class, () -> ShardedSafetensors.open(index).close());
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
    }
}
