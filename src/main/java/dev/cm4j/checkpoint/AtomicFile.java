package dev.cm4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Files that appear whole or not at all.
 *
 * <p>The content goes to a hidden sibling in the same folder, is forced to disk, and takes the
 * final name by one rename. A reader, or a machine that stops at any moment, sees the old file or
 * the new one and nothing between.
 */
public final class AtomicFile {

    private static final AtomicLong COUNTER = new AtomicLong();

    private AtomicFile() {}

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        /**
         * Writes everything, from the first byte to the last.
         *
         * @param channel open for reading and writing at position 0; closed by the caller
         * @throws IOException if it cannot be written
         */
        void write(FileChannel channel) throws IOException;
    }

    /**
     * Writes or replaces a file. Missing parent folders are made.
     *
     * @param file the final name
     * @param bytes its content
     * @throws UncheckedIOException if it cannot be written; the old file is untouched and the
     *     temporary one removed
     */
    public static void write(Path file, byte[] bytes) {
        write(file, channel -> ChannelBytes.write(channel, ByteBuffer.wrap(bytes)));
    }

    /**
     * Writes or replaces a file. Missing parent folders are made.
     *
     * @param file the final name
     * @param content writes the bytes
     * @throws UncheckedIOException if it cannot be written; the old file is untouched and the
     *     temporary one removed; the message says why and names the file alone
     */
    public static void write(Path file, Content content) {
        Path target = file.toAbsolutePath();
        Path folder = target.getParent();
        if (folder == null) {
            throw new IllegalArgumentException(file + " is a folder, not a file to write");
        }
        try {
            Files.createDirectories(folder);
            Path temporary = folder.resolve(temporaryName(target.getFileName()));
            try {
                try (var channel =
                        FileChannel.open(
                                temporary,
                                StandardOpenOption.CREATE_NEW,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE)) {
                    content.write(channel);
                    channel.force(true);
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
            force(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file + ": " + reason(e), e);
        }
    }

    /** Why, in words that name no file of ours. */
    private static String reason(IOException thrown) {
        return switch (thrown) {
            case FileAlreadyExistsException e -> e.getFile() + " is a file, not a folder";
            case AccessDeniedException _ -> "no permission";
            case NoSuchFileException _ -> "its folder takes no such file";
            case FileSystemException e when e.getReason() != null -> e.getReason();
            default -> thrown.getMessage() == null ? thrown.toString() : thrown.getMessage();
        };
    }

    /** Forces a folder's list of names to disk, without which a rename may be lost. */
    private static void force(Path folder) throws IOException {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static String temporaryName(Path name) {
        return "."
                + name
                + ".tmp-"
                + ProcessHandle.current().pid()
                + "-"
                + COUNTER.incrementAndGet();
    }
}
