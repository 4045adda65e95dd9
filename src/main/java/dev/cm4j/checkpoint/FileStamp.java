package dev.cm4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;

/**
 * What tells a file from another that takes its name, and from itself after it was written to.
 *
 * @param bytes its size
 * @param modified when it was last written to
 * @param key device and number of the file as text, where the file system has them
 */
public record FileStamp(long bytes, FileTime modified, String key) {

    /**
     * The stamp of the file that has this name now.
     *
     * @throws UncheckedIOException if there is none
     */
    public static FileStamp of(Path file) {
        try {
            var seen = Files.readAttributes(file, BasicFileAttributes.class);
            return new FileStamp(
                    seen.size(), seen.lastModifiedTime(), String.valueOf(seen.fileKey()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /**
     * Refuses another file, or the same one written to.
     *
     * @param file a name
     * @throws FormatException if the file of that name has another stamp
     */
    public void requireOf(Path file) {
        FileStamp now = of(file);
        if (!equals(now)) {
            throw new FormatException(
                    file,
                    "a file that has been replaced or written to since it was opened",
                    "one that stays as it is while it is read");
        }
    }
}
