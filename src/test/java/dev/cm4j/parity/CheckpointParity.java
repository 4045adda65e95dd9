package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import java.nio.file.Path;
import java.time.Duration;

/** Files that must load with equal values, and files that must be refused at once. */
final class CheckpointParity {

    private CheckpointParity() {}

    static void checkpoints(ReferenceCase reference) {
        for (JsonNode item : reference.get("files")) {
            Path file = reference.folder().resolve(item.path("file").asText());
            switch (item.path("expect").asText()) {
                case "load" -> requireEqual(reference, item, file);
                case "refuse" ->
                        assertTimeoutPreemptively(
                                Duration.ofSeconds(5), () -> requireRefused(file));
                default ->
                        assertTimeoutPreemptively(Duration.ofSeconds(5), () -> readOrRefuse(file));
            }
        }
    }

    private static void requireEqual(ReferenceCase reference, JsonNode item, Path file) {
        Path expected = reference.folder().resolve(item.path("expected").asText());
        try (var ours = TensorFile.open(file);
                var theirs = TensorFile.open(expected)) {
            requireEqual(file, theirs, ours);
        }
    }

    /** Either is fine, in one sentence. */
    private static void readOrRefuse(Path file) {
        try (TensorFile read = TensorFile.open(file)) {
            read.entries().values().forEach(TensorEntry::data);
        } catch (FormatException e) {
            assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        }
    }

    private static void requireRefused(Path file) {
        var refusal =
                assertThrows(
                        FormatException.class,
                        () -> TensorFile.open(file).close(),
                        () -> file + " was opened");
        assertTrue(refusal.getMessage().contains(file.toString()), refusal.getMessage());
    }

    private static void requireEqual(Path file, TensorFile expected, TensorFile actual) {
        assertEquals(expected.entries().keySet(), actual.entries().keySet(), file::toString);
        expected.entries()
                .forEach((name, entry) -> {
                    TensorEntry ours = actual.entries().get(name);
                    assertEquals(entry.dtype(), ours.dtype(), () -> file + ": " + name);
                    assertArrayEquals(entry.shape(), ours.shape(), () -> file + ": " + name);
                    assertEquals(-1, entry.data().mismatch(ours.data()), () -> file + ": " + name);
                });
    }
}
