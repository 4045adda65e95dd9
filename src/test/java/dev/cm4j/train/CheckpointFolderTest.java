package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which checkpoints there are, which stay, which are taken. */
class CheckpointFolderTest {

    @TempDir Path run;

    private void write(long step) {
        new CheckpointFolder(run).write(step, folder -> put(folder.resolve("a"), "step " + step));
    }

    private static void put(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> names() {
        return new CheckpointFolder(run).list().stream().map(p -> p.getFileName() + "").toList();
    }

    @Test
    void the_last_and_every_hundredth_stay() throws Exception {
        for (long step : new long[] {50, 100, 150, 200, 250, 300, 350}) {
            write(step);
        }
        Files.createDirectory(run.resolve(".ckpt-7.tmp-1"));
        new CheckpointFolder(run).prune(2, 100);
        assertEquals(
                List.of("ckpt-00000100", "ckpt-00000200", "ckpt-00000300", "ckpt-00000350"),
                names());
        assertTrue(Files.notExists(run.resolve(".ckpt-7.tmp-1")));
        assertEquals("ckpt-00000350\n", Files.readString(run.resolve("latest")));
    }

    @Test
    void writing_a_step_again_replaces_it() throws Exception {
        write(3);
        new CheckpointFolder(run).write(3, folder -> put(folder.resolve("a"), "again"));
        assertEquals("again", Files.readString(run.resolve("ckpt-00000003/a")));
        assertEquals(List.of("ckpt-00000003"), names());
    }

    @Test
    void a_failed_write_leaves_the_old_ones() {
        write(3);
        assertThrows(
                IllegalStateException.class,
                () ->
                        new CheckpointFolder(run)
                                .write(
                                        4,
                                        folder -> {
                                            throw new IllegalStateException("disk full");
                                        }));
        assertEquals(List.of("ckpt-00000003"), names());
    }

    @Test
    void a_full_disk_is_said_and_gets_its_room_back() throws Exception {
        write(3);
        var full =
                assertThrows(
                        UncheckedIOException.class,
                        () ->
                                new CheckpointFolder(run)
                                        .write(
                                                4,
                                                folder -> {
                                                    put(folder.resolve("a"), "half");
                                                    throw new UncheckedIOException(
                                                            new IOException(
                                                                    "No space left on device"));
                                                }));
        assertTrue(full.getMessage().contains("No space left on device"), full.getMessage());
        assertTrue(full.getMessage().contains("ckpt-00000003 is whole"), full.getMessage());
        assertEquals(List.of("ckpt-00000003"), names());
        try (var entries = Files.list(run)) {
            assertTrue(entries.noneMatch(e -> e.getFileName().toString().startsWith(".")));
        }
    }

    @Test
    void none_and_none_whole() {
        assertEquals(
                Optional.empty(), new CheckpointFolder(run.resolve("new")).newestGood(s -> {}));
        write(1);
        List<String> damaged = new ArrayList<>();
        var refused =
                assertThrows(
                        FormatException.class,
                        () -> new CheckpointFolder(run).newestGood(damaged::add));
        assertTrue(refused.getMessage().contains("state.json"), refused.getMessage());
        assertEquals(1, damaged.size());
    }
}
