package dev.cm4j.compare;

import dev.cm4j.checkpoint.FileDigest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Which model exactly: a hash of its file, or of all files of its folder. */
final class ModelIdentity {

    private ModelIdentity() {}

    /**
     * @param model a file, or a folder such as diffusers writes
     * @return 64 hexadecimal digits
     * @throws UncheckedIOException if it cannot be read
     */
    static String of(Path model) {
        if (!Files.isDirectory(model)) {
            return FileDigest.sha256(model);
        }
        try (Stream<Path> files = Files.walk(model)) {
            StringBuilder lines = new StringBuilder();
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                lines.append(model.relativize(file))
                        .append(' ')
                        .append(FileDigest.sha256(file))
                        .append('\n');
            }
            return FileDigest.sha256(lines.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the model " + model, e);
        }
    }
}
