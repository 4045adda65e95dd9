package dev.cm4j.convert;

import dev.cm4j.nn.UNetConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Puts a diffusers folder in place by one rename, or one more variant into one that is there. */
final class FolderWriter {

    private static final AtomicLong COUNTER = new AtomicLong();

    private FolderWriter() {}

    /** Writes the weights into a folder. */
    @FunctionalInterface
    interface Weights {
        void write(Path folder);
    }

    static void write(Path folder, UNetConfig network, SchedulerConfig scheduler, Weights weights) {
        Path target = folder.toAbsolutePath().normalize();
        if (target.getParent() == null) {
            throw new IllegalArgumentException(folder + " is no folder to write");
        }
        try {
            if (isTaken(target)) {
                requireSame(target, network, scheduler);
                weights.write(target);
                return;
            }
            Path temporary =
                    target.resolveSibling(
                            String.format(
                                    Locale.ROOT,
                                    ".%s.tmp-%d-%d",
                                    target.getFileName(),
                                    ProcessHandle.current().pid(),
                                    COUNTER.incrementAndGet()));
            try {
                weights.write(temporary);
                DiffusersJson.write(
                        temporary.resolve(DiffusersFolder.NETWORK_FILE),
                        DiffusersUNetConfig.write(network));
                DiffusersJson.write(
                        temporary.resolve(DiffusersFolder.SCHEDULER_FILE),
                        DiffusersJson.scheduler(scheduler));
                DiffusersJson.write(
                        temporary.resolve(DiffusersFolder.INDEX_FILE), DiffusersJson.modelIndex());
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                delete(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + folder + ": " + e.getMessage(), e);
        }
    }

    private static boolean isTaken(Path target) throws IOException {
        if (!Files.exists(target)) {
            return false;
        }
        if (!Files.isDirectory(target)) {
            throw new IllegalArgumentException(target + " is a file, not a folder to write");
        }
        try (Stream<Path> inside = Files.list(target)) {
            return inside.findAny().isPresent();
        }
    }

    private static void requireSame(Path target, UNetConfig network, SchedulerConfig scheduler) {
        boolean same =
                Files.exists(target.resolve(DiffusersFolder.INDEX_FILE))
                        && DiffusersUNetConfig.write(DiffusersFolder.readNetwork(target, true))
                                .equals(DiffusersUNetConfig.write(network))
                        && DiffusersFolder.readScheduler(target).equals(scheduler);
        if (!same) {
            throw new IllegalArgumentException(
                    target + " holds something else already; name a new folder or remove this one");
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> inside;
        try (Stream<Path> all = Files.walk(folder)) {
            inside = all.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : inside) {
            Files.deleteIfExists(path);
        }
    }
}
