package dev.cm4j.train;

import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The folder of a run that is to begin: it must not hold what belongs to somebody else. */
public final class FreshFolder {

    private FreshFolder() {}

    /**
     * Refuses a folder in which a run cannot begin; nothing is made or written.
     *
     * <p>A folder may begin that is not there, that holds nothing but hidden files, or that holds a
     * run without checkpoints, which has nothing to lose.
     *
     * @param run the run's folder
     * @throws IllegalArgumentException saying what lies there, or why nothing can be written there
     */
    public static void require(Path run) {
        Path place = run.toAbsolutePath().normalize();
        while (!Files.exists(place) && place.getParent() != null) {
            place = place.getParent();
        }
        if (!Files.isDirectory(place)) {
            throw new IllegalArgumentException(
                    place + " is a file, but a run is a folder; name another one");
        }
        if (!Files.isWritable(place)) {
            throw new IllegalArgumentException(
                    "a run cannot be written to " + run + ": " + place + " is read-only");
        }
        Resume.refuseCheckpoints(run);
        if (Files.isDirectory(run) && !isRun(run)) {
            List<String> others = visible(run);
            if (!others.isEmpty()) {
                throw new IllegalArgumentException(
                        run
                                + " is no run and holds something else already, such as "
                                + others.getFirst()
                                + "; name a new folder or an empty one");
            }
        }
    }

    /** Whether a run was begun there; a file of the same name that says nothing does not count. */
    private static boolean isRun(Path folder) {
        try {
            return Files.exists(RunFolder.description(folder))
                    ? !RunDescription.read(folder).sessions().isEmpty()
                    : RunPlan.read(folder).isPresent();
        } catch (FormatException notOurs) {
            return false;
        }
    }

    private static List<String> visible(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }
}
