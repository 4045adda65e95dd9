package dev.cm4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Which teacher a run learns from: {@code teacher.json} in its folder.
 *
 * @param path where it lay
 * @param sha256 of its file, or of the names and hashes of the files of its folder
 */
public record TeacherMark(String path, String sha256) {

    private static final String FILE = "teacher.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Key of the configuration that a resumed run must share. */
    static final String HASH_KEY = "teacher.sha256";

    /** Key of the configuration that may change: files move. */
    static final String PATH_KEY = "teacher.path";

    /** The mark as keys of a run's configuration. */
    Map<String, String> configuration() {
        return Map.of(HASH_KEY, sha256, PATH_KEY, path);
    }

    /**
     * Makes this the teacher of a run: writes it into the run's folder, unless the run has learnt
     * from it before.
     *
     * @throws IllegalArgumentException if the run learns from another
     */
    public void claim(Path run) {
        Optional<TeacherMark> before = read(run);
        if (before.isPresent() && !before.get().sha256.equals(sha256)) {
            throw new IllegalArgumentException(
                    "%s learns from %s (sha256 %s), and %s is another model (sha256 %s)"
                            .formatted(run, before.get().path, before.get().sha256, path, sha256));
        }
        if (before.filter(this::equals).isEmpty()) {
            write(run);
        }
    }

    private void write(Path run) {
        try {
            Files.createDirectories(run);
            byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
            AtomicFile.write(run.resolve(FILE), text);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + run.resolve(FILE), e);
        }
    }

    /**
     * The mark in a run's folder.
     *
     * @return empty where there is none
     * @throws FormatException if it cannot be read
     */
    public static Optional<TeacherMark> read(Path run) {
        Path file = run.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            TeacherMark mark = JSON.readValue(file.toFile(), TeacherMark.class);
            if (mark.path == null || mark.sha256 == null) {
                throw new FormatException(file, "no path or no hash", "path and sha256");
            }
            return Optional.of(mark);
        } catch (JsonProcessingException e) {
            throw new FormatException(file, e.getOriginalMessage(), "path and sha256", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
