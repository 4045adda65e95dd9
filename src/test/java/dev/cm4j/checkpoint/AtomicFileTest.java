package dev.cm4j.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said of a file that cannot be written; its temporary name is nobody's business. */
class AtomicFileTest {

    @TempDir Path folder;

    @Test
    void theFileIsNamedAndTheReasonAndNothingElse() throws Exception {
        Path file = Files.writeString(folder.resolve("digits.png"), "x");
        refused(file.resolve("y"), file + " is a file, not a folder");
        Path nowhere = Path.of("/proc/x.png");
        if (Files.isDirectory(Path.of("/proc/self"))) {
            refused(nowhere, "its folder takes no such file");
        }
        Path good = folder.resolve("good");
        var full =
                assertThrows(
                        UncheckedIOException.class,
                        () ->
                                AtomicFile.write(
                                        good,
                                        _ -> {
                                            throw new IOException();
                                        }));
        assertEquals("cannot write " + good + ": java.io.IOException", full.getMessage());
        try (var left = Files.list(folder)) {
            assertEquals(List.of(file), left.toList());
        }
    }

    private static void refused(Path file, String reason) {
        var refusal =
                assertThrows(UncheckedIOException.class, () -> AtomicFile.write(file, _ -> {}));
        assertEquals("cannot write " + file + ": " + reason, refusal.getMessage());
    }
}
