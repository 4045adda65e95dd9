package dev.cm4j.foreign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryCacheTest {
    private static final byte[] ONE = "one".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TWO = "two".getBytes(StandardCharsets.UTF_8);

    @TempDir Path directory;

    @Test
    void writes_once_and_leaves_nothing_else() throws IOException {
        var cache = new LibraryCache(directory);
        Path file = cache.unpack(ONE, "lib.so");
        assertArrayEquals(ONE, Files.readAllBytes(file));
        FileTime old = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(file, old);
        assertEquals(file, cache.unpack(ONE, "lib.so"));
        assertEquals(old, Files.getLastModifiedTime(file));
        try (var files = Files.list(file.getParent())) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void two_versions_never_share_a_file() throws IOException {
        var cache = new LibraryCache(directory);
        assertNotEquals(cache.unpack(ONE, "lib.so"), cache.unpack(TWO, "lib.so"));
    }

    @Test
    void mends_a_file_that_was_cut() throws IOException {
        var cache = new LibraryCache(directory);
        Path file = cache.unpack(ONE, "lib.so");
        Files.write(file, new byte[] {1});
        assertArrayEquals(ONE, Files.readAllBytes(cache.unpack(ONE, "lib.so")));
    }
}
