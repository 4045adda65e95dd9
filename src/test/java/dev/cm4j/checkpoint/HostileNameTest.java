package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Names of tensors and records that are too long, or that no file can hold. */
class HostileNameTest {

    private static final String DEEP = "module.".repeat(20_000) + "weight";

    @TempDir private Path folder;

    @Test
    void a_long_name_is_refused_by_every_reader() throws IOException {
        Path tensors = folder.resolve("deep.safetensors");
        SafetensorsFile.write(tensors, Map.of(DEEP, entry(DEEP)), Map.of());
        tooLong(() -> SafetensorsFile.open(tensors).close());
        Path torch = folder.resolve("deep.pt");
        TorchWriter.write(torch, Map.of(DEEP, entry(DEEP)));
        tooLong(() -> TorchFile.open(torch).close());
        Path index = folder.resolve("deep.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\": {\"" + DEEP + "\": \"x.safetensors\"}}");
        tooLong(() -> ShardedSafetensors.open(index).close());
    }

    private static void tooLong(Executable open) {
        refused("a tensor name of 140006 characters, 'module.module.", open);
    }

    @Test
    void a_name_may_have_as_many_characters_as_are_allowed() {
        String name = "module.".repeat(146) + "ab"; // 1024
        Path file = folder.resolve("long.safetensors");
        SafetensorsFile.write(file, Map.of(name, entry(name)), Map.of());
        try (TensorFile open = SafetensorsFile.open(file)) {
            StateDict weights = StateDict.of(open, Optional.empty());
            assertEquals(Set.of("ab"), weights.entries().keySet());
            assertEquals(List.of("stripped the prefix 'module.'"), weights.notices());
        }
    }

    @Test
    void wrappers_in_turn_are_stripped() {
        Path file = folder.resolve("long.npz");
        String name = "module._orig_mod.".repeat(3000) + "w";
        NpzFile.write(file, Map.of(name, entry(name)));
        try (TensorFile open = NpzFile.open(file)) {
            StateDict weights = StateDict.of(open, Optional.empty());
            assertEquals(Set.of("w"), weights.entries().keySet());
            assertEquals(
                    List.of("stripped the prefix 'module.'", "stripped the prefix '_orig_mod.'"),
                    weights.notices());
        }
    }

    @Test
    void a_long_name_does_not_make_a_long_sentence() throws IOException {
        String name = "x".repeat(60_000);
        Map<String, byte[]> records =
                TorchBytes.records(TorchBytes.smallPickle(), TorchBytes.floats(6));
        records.put(name, new byte[1]);
        Path torch = folder.resolve("long.pt");
        Files.write(torch, TorchBytes.zip(records, false));
        refused("with a record 'xxx", () -> TorchFile.open(torch).close());
        records.remove(name);
        records.put("../" + name, new byte[1]);
        Files.write(torch, TorchBytes.zip(records, false));
        refused("a record called '../xxx", () -> TorchFile.open(torch).close());
        byte[] global = TorchBytes.begin().text(name).text(name).raw(0x93).stop();
        Files.write(torch, TorchBytes.zip(TorchBytes.records(global, new byte[0]), false));
        refused("the name xxx", () -> TorchFile.open(torch).close());
        byte[] twice =
                TorchBytes.begin()
                        .raw('}', '(')
                        .text(name)
                        .raw('N')
                        .text(name)
                        .raw('N', 'u')
                        .stop();
        Files.write(torch, TorchBytes.zip(TorchBytes.records(twice, new byte[0]), false));
        refused("the key 'xxx", () -> TorchFile.open(torch).close());
    }

    @Test
    void a_file_of_an_index_has_a_name_that_a_file_can_have() throws IOException {
        Path index = folder.resolve("x.safetensors.index.json");
        for (String name : List.of("\\ud800.safetensors", "a\\u0000.safetensors")) {
            Files.writeString(index, "{\"weight_map\": {\"w\": \"" + name + "\"}}");
            refused("w in a file called", () -> ShardedSafetensors.open(index).close());
        }
    }

    @Test
    void half_a_character_is_not_written() {
        Path torch = folder.resolve("half.pt");
        var half =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> TorchWriter.write(torch, Map.of("a\ud800", entry("a\ud800"))));
        assertTrue(half.getMessage().contains("half a character"), half.getMessage());
        assertFalse(Files.exists(torch));
        Path numpy = folder.resolve("half.npz");
        assertThrows(
                IllegalArgumentException.class,
                () -> NpzFile.write(numpy, Map.of("\udc00", entry("\udc00"))));
        assertFalse(Files.exists(numpy));
    }

    @Test
    void a_record_name_beyond_what_a_zip_file_can_say_is_not_written() {
        String name = "ü".repeat(40_000);
        Path numpy = folder.resolve("long.npz");
        var refusal =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> NpzFile.write(numpy, Map.of(name, entry(name))));
        assertTrue(refusal.getMessage().contains("has 80004 bytes"), refusal.getMessage());
        assertFalse(Files.exists(numpy));
    }

    private static TensorEntry entry(String name) {
        return new TensorEntry(
                name, DType.U8, new long[] {2}, MemorySegment.ofArray(new byte[] {1, 2}));
    }

    private static void refused(String part, Executable open) {
        var refusal = assertThrows(FormatException.class, open);
        assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
        assertTrue(refusal.getMessage().length() < 1000, refusal.getMessage());
    }
}
