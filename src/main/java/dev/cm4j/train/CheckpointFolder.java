package dev.cm4j.train;

import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The checkpoints of a run: {@code ckpt-<step>} folders, written so that a kill at any moment
 * leaves the previous ones whole.
 *
 * <p>A checkpoint grows under a hidden name beside its final one, is forced to disk, and appears by
 * one rename; {@code latest} then names it, also by a rename. Hidden folders are leftovers and are
 * ignored by readers.
 */
public final class CheckpointFolder {

    private static final String PREFIX = "ckpt-";
    private static final String LATEST = "latest";

    private final Path run;

    /**
     * @param run the run's folder
     */
    public CheckpointFolder(Path run) {
        this.run = run;
    }

    /**
     * Writes a checkpoint.
     *
     * @param step k, its name
     * @param content fills an empty folder
     * @return the finished folder
     * @throws UncheckedIOException if the disk refuses; earlier checkpoints are untouched
     */
    Path write(long step, Consumer<Path> content) {
        Path target = run.resolve(name(step));
        Path growing = run.resolve("." + PREFIX + step + ".tmp-" + ProcessHandle.current().pid());
        try {
            Files.createDirectories(run);
            delete(growing);
            Files.createDirectory(growing);
            content.accept(growing);
            try (Stream<Path> files = Files.list(growing)) {
                files.forEach(CheckpointFolder::force);
            }
            force(growing);
            remove(target);
            Files.move(growing, target, StandardCopyOption.ATOMIC_MOVE);
            force(run);
            point(target.getFileName().toString());
            return target;
        } catch (IOException e) {
            throw refused(target, growing, e);
        } catch (UncheckedIOException e) {
            throw refused(target, growing, e.getCause());
        }
    }

    /** The name of the checkpoint after k steps. */
    public static String name(long step) {
        return String.format(Locale.ROOT, "%s%08d", PREFIX, step);
    }

    /** Gives back the room that half a checkpoint takes, and says what stays. */
    private UncheckedIOException refused(Path target, Path growing, IOException why) {
        try {
            delete(growing);
        } catch (IOException e) {
            why.addSuppressed(e);
        }
        List<Path> whole = list();
        String rest =
                whole.isEmpty()
                        ? "there is no earlier one"
                        : whole.getLast().getFileName()
                                + " is whole: make room, then go on with --resume";
        return new UncheckedIOException(
                "cannot write checkpoint %s: %s; %s".formatted(target, why.getMessage(), rest),
                why);
    }

    /** Names a checkpoint the latest, in case a writer was killed before it could. */
    void point(Path checkpoint) {
        point(checkpoint.getFileName().toString());
    }

    private void point(String name) {
        RunFolder.write(run.resolve(LATEST), name + "\n");
    }

    /** All finished checkpoints, the oldest first. */
    public List<Path> list() {
        if (!Files.isDirectory(run)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(run)) {
            return entries.filter(CheckpointFolder::isCheckpoint)
                    .sorted(Comparator.comparingLong(CheckpointFolder::step))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + run, e);
        }
    }

    private static boolean isCheckpoint(Path path) {
        return path.getFileName().toString().matches("ckpt-\\d{8,18}");
    }

    /** The step in a checkpoint's name. */
    static long step(Path checkpoint) {
        return Long.parseLong(checkpoint.getFileName().toString().substring(PREFIX.length()));
    }

    /**
     * The newest checkpoint whose files are all as they were written.
     *
     * @param damaged is told about each newer one that is not, in a sentence naming the file
     * @return empty where there is no checkpoint at all
     * @throws FormatException if there are checkpoints and none is whole
     */
    public Optional<Path> newestGood(Consumer<String> damaged) {
        List<Path> newestFirst = list().reversed();
        Optional<FormatException> last = Optional.empty();
        for (Path checkpoint : newestFirst) {
            try {
                CheckpointManifest.read(checkpoint).verify(checkpoint);
                return Optional.of(checkpoint);
            } catch (FormatException e) {
                damaged.accept(e.getMessage());
                last = Optional.of(e);
            }
        }
        if (last.isPresent()) {
            throw last.get();
        }
        return Optional.empty();
    }

    /**
     * Deletes old checkpoints and the leftovers of killed writers.
     *
     * @param keepLast newest checkpoints that stay, at least 1
     * @param keepEvery checkpoints whose step is a multiple of this stay too; 0: none
     */
    void prune(int keepLast, long keepEvery) {
        List<Path> all = list();
        try {
            for (Path old : all.subList(0, Math.max(0, all.size() - keepLast))) {
                if (keepEvery == 0 || step(old) % keepEvery != 0) {
                    remove(old);
                }
            }
            try (Stream<Path> entries = Files.list(run)) {
                for (Path left : entries.filter(CheckpointFolder::isLeftover).toList()) {
                    delete(left);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete old checkpoints of " + run, e);
        }
    }

    private static boolean isLeftover(Path path) {
        return path.getFileName().toString().matches("\\.(ckpt-|latest\\.).*");
    }

    /** Hides a checkpoint by a rename, then deletes it, so that half a checkpoint is never seen. */
    private void remove(Path checkpoint) throws IOException {
        if (Files.exists(checkpoint)) {
            Path hidden = run.resolve("." + checkpoint.getFileName() + ".old");
            delete(hidden);
            Files.move(checkpoint, hidden, StandardCopyOption.ATOMIC_MOVE);
            delete(hidden);
        }
    }

    private static void delete(Path path) throws IOException {
        if (!Files.exists(path)) {
            return;
        }
        try (Stream<Path> inner = Files.walk(path)) {
            for (Path entry : inner.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(entry);
            }
        }
    }

    /** Waits until a file, or the entries of a folder, are on the disk. */
    private static void force(Path path) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot force " + path + " to disk", e);
        }
    }
}
