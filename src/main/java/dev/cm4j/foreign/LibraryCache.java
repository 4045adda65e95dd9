package dev.cm4j.foreign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * A directory of unpacked libraries, each under the hash of its content: two versions never meet in
 * one file, and a reader never sees half of one.
 *
 * <p>What is loaded runs with all that the user may do. So a file is used only if it has exactly
 * the content that was packed, and it and the directories made for it belong to the user; the write
 * permission of others is taken away. Where the cache cannot be such a place, a directory for this
 * process is.
 *
 * @param directory the root of the cache, created when needed
 */
record LibraryCache(Path directory) {
    private static final int NAME_DIGITS = 16;
    private static final String OWN_DIRECTORY = "rwx------";
    private static final String OWN_FILE = "r-x------";
    private static final Set<PosixFilePermission> OTHERS_WRITE =
            PosixFilePermissions.fromString("----w--w-");

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

    /** Where {@code tools/libtorch} keeps LibTorch of a version. */
    List<Path> libtorch(String version) {
        return List.of(
                directory.resolve("libtorch-" + version).resolve("torch"),
                directory.resolve("libtorch-" + version + "-cuda").resolve("torch"));
    }

    /**
     * The file with this content, written where it is not there yet: in the cache, else, where that
     * is read-only or not the user's alone, in a directory that ends with this process.
     *
     * @param content the library
     * @param name its file name
     * @param attempts takes a sentence where the cache did not serve
     * @return absolute path of the file
     * @throws IOException if there is no place for it
     */
    Path unpack(byte[] content, String name, List<String> attempts) throws IOException {
        Path home = directory.resolve("native").resolve(hash(content)).toAbsolutePath();
        Path file = home.resolve(name);
        try {
            createOwn(home.getParent());
            createOwn(home);
            if (!serves(file, content)) {
                write(content, file);
            }
            return file;
        } catch (IOException e) {
            attempts.add(home + ": cannot be used as a cache: " + e);
        }
        Path own = Files.createTempDirectory("cm4j-native-");
        own.toFile().deleteOnExit();
        Path copy = own.resolve(name);
        write(content, copy);
        copy.toFile().deleteOnExit();
        return copy;
    }

    /** Makes a directory for this user alone, or sees to it that the one there is such. */
    private static void createOwn(Path made) throws IOException {
        if (!Files.isDirectory(made, LinkOption.NOFOLLOW_LINKS)) {
            Files.createDirectories(made.getParent());
            if (posix(made.getParent())) {
                Files.createDirectory(
                        made,
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString(OWN_DIRECTORY)));
            } else {
                Files.createDirectory(made);
            }
        }
        requireOwn(made);
    }

    private static void requireOwn(Path path) throws IOException {
        if (!posix(path)) {
            return; // then the file system keeps users apart in its own way
        }
        PosixFileAttributes found =
                Files.readAttributes(path, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        UserPrincipal me = me();
        if (!found.owner().equals(me)) {
            throw new IOException(path + " belongs to " + found.owner() + ", not to " + me);
        }
        Set<PosixFilePermission> kept = EnumSet.copyOf(found.permissions());
        if (kept.removeAll(OTHERS_WRITE)) {
            Files.setPosixFilePermissions(path, kept);
        }
    }

    /** The owner of what this process makes, which the name of the user need not tell. */
    private static UserPrincipal me() throws IOException {
        Path probe = Files.createTempFile("cm4j", ".owner");
        try {
            return Files.getOwner(probe);
        } finally {
            Files.delete(probe);
        }
    }

    private static boolean posix(Path path) {
        return Files.getFileAttributeView(path, PosixFileAttributeView.class) != null;
    }

    /** A link never serves, nor does a file with other content or of another user. */
    private static boolean serves(Path file, byte[] content) throws IOException {
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                || Files.size(file) != content.length) {
            return false;
        }
        requireOwn(file);
        return MessageDigest.isEqual(content, Files.readAllBytes(file));
    }

    private static void write(byte[] content, Path file) throws IOException {
        Path part = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".part");
        try {
            Files.write(part, content);
            if (posix(part)) {
                Files.setPosixFilePermissions(part, PosixFilePermissions.fromString(OWN_FILE));
            }
            Files.move(
                    part,
                    file,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
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
