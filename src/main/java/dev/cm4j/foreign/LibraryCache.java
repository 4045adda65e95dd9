package dev.cm4j.foreign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A directory of unpacked libraries, each under the hash of its content: two versions never meet in
 * one file, and a reader never sees half of one.
 *
 * @param directory the root of the cache, created when needed
 */
record LibraryCache(Path directory) {
    private static final int NAME_DIGITS = 16;

    /** {@code CM4J_CACHE}, else {@code XDG_CACHE_HOME/cm4j}, else {@code ~/.cache/cm4j}. */
    static LibraryCache ofUser() {
        String own = System.getenv("CM4J_CACHE");
        if (own != null && !own.isBlank()) {
            return new LibraryCache(Path.of(own));
        }
        String shared = System.getenv("XDG_CACHE_HOME");
        Path root =
                shared != null && !shared.isBlank()
                        ? Path.of(shared)
                        : Path.of(System.getProperty("user.home"), ".cache");
        return new LibraryCache(root.resolve("cm4j"));
    }

    /**
     * The file with this content, written where it is not there yet.
     *
     * @param content the library
     * @param name its file name
     * @return absolute path of the file
     */
    Path unpack(byte[] content, String name) throws IOException {
        Path home = directory.resolve("native").resolve(hash(content)).toAbsolutePath();
        Path file = home.resolve(name);
        if (Files.isRegularFile(file) && Files.size(file) == content.length) {
            return file;
        }
        Files.createDirectories(home);
        Path part = Files.createTempFile(home, name, ".part");
        try {
            Files.write(part, content);
            Files.move(
                    part,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
        return file;
    }

    private static String hash(byte[] content) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return HexFormat.of().formatHex(digest).substring(0, NAME_DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }
}
