package dev.cm4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cm4j.data.Dataset;
import dev.cm4j.testing.NoLeaks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A run on a file system that fills up stops, and goes on from its last checkpoint. */
@ExtendWith(NoLeaks.class)
class DiskFullNativeTest {

    /** More checkpoints than a small disk holds. */
    private static final CheckpointPolicy EVERY_STEP =
            new CheckpointPolicy(1, Double.POSITIVE_INFINITY, 100, 0);

    @TempDir Path folder;

    @Test
    void the_last_checkpoint_stays_whole() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assumeTrue(
                mounted(disk), "skipped: this test mounts a small tmpfs, which only root may do");
        try {
            fill(disk.resolve("run"));
        } finally {
            assertTrue(command("umount", disk.toString()));
        }
    }

    private static void fill(Path run) throws IOException {
        Run long_ = TinyRuns.run(TinyRuns.preset("digits"), run, Budget.steps(200), EVERY_STEP);
        try (Dataset data = TinyRuns.digits()) {
            long reached;
            try (TrainState state = Resume.begin(long_)) {
                var full =
                        assertThrows(
                                UncheckedIOException.class,
                                () -> new Trainer(long_, data, List.of()).train(state));
                assertTrue(full.getMessage().contains("No space left"), full.getMessage());
                assertTrue(full.getMessage().contains("is whole: make room"), full.getMessage());
                reached = state.step();
            }
            List<Path> all = new CheckpointFolder(run).list();
            assertEquals(reached - 1, CheckpointFolder.step(all.getLast()));
            new CheckpointFolder(run).prune(1, 0); // room
            Run longer =
                    TinyRuns.run(
                            TinyRuns.preset("digits"),
                            run,
                            Budget.steps(reached + 1),
                            CheckpointPolicy.atEnd());
            List<String> notices = new ArrayList<>();
            try (TrainState state = Resume.resume(longer, data.fingerprint(), notices::add)) {
                assertEquals(reached - 1, state.step());
                assertEquals(
                        StopReason.FINISHED, new Trainer(longer, data, List.of()).train(state));
            }
            assertTrue(notices.stream().noneMatch(n -> n.contains("ckpt-")), notices.toString());
        }
    }

    private static boolean mounted(Path place) throws Exception {
        return command("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", place.toString());
    }

    private static boolean command(String... words) throws Exception {
        try {
            return new ProcessBuilder(words)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException absent) {
            return false;
        }
    }
}
