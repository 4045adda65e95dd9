package dev.cm4j.foreign;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibraryCacheTest {
    private static final byte[] ONE = "one".getBytes(StandardCharsets.UTF_8);
    private static final byte[] TWO = "two".getBytes(StandardCharsets.UTF_8);

    @TempDir Path directory;
    private final List<String> attempts = new ArrayList<>();

    @Test
    void writes_once_and_leaves_nothing_else() throws IOException {
        var cache = new LibraryCache(directory);
        Path file = cache.unpack(ONE, "lib.so", attempts);
        assertArrayEquals(ONE, Files.readAllBytes(file));
        FileTime old = FileTime.fromMillis(1_000_000);
        Files.setLastModifiedTime(file, old);
        assertEquals(file, cache.unpack(ONE, "lib.so", attempts));
        assertEquals(old, Files.getLastModifiedTime(file));
        try (var files = Files.list(file.getParent())) {
            assertEquals(1, files.count());
        }
    }

    @Test
    void two_versions_never_share_a_file() throws IOException {
        var cache = new LibraryCache(directory);
        assertNotEquals(
                cache.unpack(ONE, "lib.so", attempts), cache.unpack(TWO, "lib.so", attempts));
    }

    @Test
    void mends_a_file_that_was_cut() throws IOException {
        var cache = new LibraryCache(directory);
        Path file = cache.unpack(ONE, "lib.so", attempts);
        Files.write(file, new byte[] {1});
        assertArrayEquals(ONE, Files.readAllBytes(cache.unpack(ONE, "lib.so", attempts)));
    }

    @Test
    void another_file_of_the_same_size_is_not_trusted() throws IOException {
        var cache = new LibraryCache(directory);
        Path file = cache.unpack(ONE, "lib.so", attempts);
        Files.delete(file);
        Files.write(file, TWO);
        assertArrayEquals(ONE, Files.readAllBytes(cache.unpack(ONE, "lib.so", attempts)));
    }

    @Test
    void a_link_is_replaced_and_not_followed() throws IOException {
        var cache = new LibraryCache(directory);
        Path file = cache.unpack(ONE, "lib.so", attempts);
        Path elsewhere = Files.write(directory.resolve("elsewhere"), ONE);
        Files.delete(file);
        Files.createSymbolicLink(file, elsewhere);
        assertEquals(file, cache.unpack(ONE, "lib.so", attempts));
        assertFalse(Files.isSymbolicLink(file));
        assertArrayEquals(ONE, Files.readAllBytes(file));
    }

    @Test
    void others_may_not_write() throws IOException {
        var cache = new LibraryCache(directory);
        Path file = cache.unpack(ONE, "lib.so", attempts);
        Path home = file.getParent();
        assertEquals("r-x------", permissions(file));
        assertEquals("rwx------", permissions(home));
        Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertEquals(file, cache.unpack(ONE, "lib.so", attempts));
        assertEquals("rwxr-xr-x", permissions(home));
        assertEquals(List.of(), attempts);
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    @Test
    void a_cache_that_cannot_be_written_gives_way_to_a_directory_of_the_process()
            throws IOException {
        Path noDirectory = Files.write(directory.resolve("file"), ONE);
        Path file = new LibraryCache(noDirectory).unpack(ONE, "lib.so", attempts);
        assertArrayEquals(ONE, Files.readAllBytes(file));
        assertEquals("rwx------", permissions(file.getParent()));
        assertTrue(attempts.getFirst().contains("cannot be used as a cache"), attempts.toString());
        Files.delete(file);
        Files.delete(file.getParent());
    }
}
