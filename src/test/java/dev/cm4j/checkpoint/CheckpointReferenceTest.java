package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.testing.SharedData;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The recorded checkpoints: good ones load bit for bit, bad ones are refused at once. */
class CheckpointReferenceTest {

    @TestFactory
    Stream<DynamicTest> recordedFiles() throws IOException {
        Path folder = SharedData.requireReference("checkpoints");
        JsonNode cases = new ObjectMapper().readTree(folder.resolve("case.json").toFile());
        return StreamSupport.stream(cases.path("files").spliterator(), false)
                .map(item ->
                        DynamicTest.dynamicTest(
                                item.path("file").asText(), () -> check(folder, item)));
    }

    private static void check(Path folder, JsonNode item) {
        Path file = folder.resolve(item.path("file").asText());
        if (item.path("expect").asText().equals("load")) {
            Path expected = folder.resolve(item.path("expected").asText());
            try (var ours = TensorFile.open(file);
                    var theirs = SafetensorsFile.open(expected)) {
                requireEqual(theirs, ours);
            }
            return;
        }
        assertTimeoutPreemptively(
                Duration.ofSeconds(5),
                () -> {
                    var refusal =
                            assertThrows(
                                    FormatException.class, () -> TensorFile.open(file).close());
                    assertTrue(refusal.getMessage().contains(file.toString()));
                });
    }

    private static void requireEqual(TensorFile expected, TensorFile actual) {
        assertEquals(expected.entries().keySet(), actual.entries().keySet());
        expected.entries()
                .forEach((name, entry) -> {
                    TensorEntry ours = actual.entries().get(name);
                    assertEquals(entry.dtype(), ours.dtype(), name);
                    assertArrayEquals(entry.shape(), ours.shape(), name);
                    assertEquals(-1, entry.data().mismatch(ours.data()), name);
                });
    }
}
