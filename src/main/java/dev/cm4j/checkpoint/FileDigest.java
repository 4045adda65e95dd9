package dev.cm4j.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Stream;

/** SHA-256 of files and texts: which one exactly a number or a picture came from. */
public final class FileDigest {

    private FileDigest() {}

    /**
     * Reads a file from end to end.
     *
     * @param file any file
     * @return 64 lower-case hexadecimal digits
     * @throws UncheckedIOException if it cannot be read
     */
    public static String sha256(Path file) {
        MessageDigest digest = digest();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /**
     * Reads a file, or all files of a folder with their names; links are followed, so a model is
     * the same behind one.
     *
     * @param model a file, or a folder such as diffusers writes
     * @return 64 lower-case hexadecimal digits
     * @throws UncheckedIOException if something cannot be read
     */
    public static String sha256OfAll(Path model) {
        if (!Files.isDirectory(model)) {
            return sha256(model);
        }
        try (Stream<Path> files = Files.walk(model, FileVisitOption.FOLLOW_LINKS)) {
            StringBuilder lines = new StringBuilder();
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                lines.append(model.relativize(file)).append(' ').append(sha256(file)).append('\n');
            }
            return sha256(lines.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + model, e);
        }
    }

    /**
     * The digest of a text.
     *
     * @param text any text, read as UTF-8
     * @return 64 lower-case hexadecimal digits
     */
    public static String sha256(String text) {
        return HexFormat.of().formatHex(digest().digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
    }
}
