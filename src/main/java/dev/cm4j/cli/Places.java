package dev.cm4j.cli;

import dev.cm4j.data.DataConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Where data are looked for and kept, and whether that can be.
 *
 * @param config with the folders
 * @param named value of an environment variable; where it names a folder, that must be usable
 */
record Places(DataConfig config, Function<String, Optional<String>> named) {

    private static final String DATA = "CM4J_DATA";
    private static final String CACHE = "CM4J_CACHE";

    /** Those of this process. */
    static Places ofEnvironment() {
        return new Places(
                DataConfig.defaults(),
                name -> Optional.ofNullable(System.getenv(name)).filter(v -> !v.isBlank()));
    }

    /** The cache, in words. */
    String cacheWords() {
        return config.cache()
                + (takesFiles(config.cache()) ? "" : " (not writable; set " + CACHE + ")");
    }

    /** The folders of data, in words. */
    String dataWords() {
        List<Path> folders = config.folders();
        return folders.isEmpty()
                ? "none found; digits are drawn, others fetched, or set " + DATA
                : folders.stream()
                        .map(folder -> folder + (isReadable(folder) ? "" : " (not there)"))
                        .collect(Collectors.joining(", "));
    }

    /** A sentence for each folder that was named and cannot be used. */
    List<String> complaints() {
        List<String> complaints = new ArrayList<>();
        if (named.apply(CACHE).isPresent() && !takesFiles(config.cache())) {
            complaints.add(
                    "%s names %s, where no file can be written; name another folder"
                            .formatted(CACHE, config.cache()));
        }
        if (named.apply(DATA).isPresent()) {
            config.folders().stream()
                    .filter(folder -> !isReadable(folder))
                    .map(folder ->
                            "%s names %s, which is no folder that can be read"
                                    .formatted(DATA, folder))
                    .forEach(complaints::add);
        }
        return complaints;
    }

    private static boolean isReadable(Path folder) {
        return Files.isDirectory(folder) && Files.isReadable(folder);
    }

    /** Whether the folder, or the nearest one above it that exists, takes a file: it is tried. */
    private static boolean takesFiles(Path folder) {
        Path existing = folder.toAbsolutePath();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing == null) {
            return false;
        }
        try {
            Files.delete(Files.createTempFile(existing, ".cm4j", ".tmp"));
            return true;
        } catch (IOException e) {
            return false; // that is the answer
        }
    }
}
