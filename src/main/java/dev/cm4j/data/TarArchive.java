package dev.cm4j.data;

import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.checkpoint.FormatException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Takes plain files out of a gzipped tar archive. Source: POSIX.1-1988, ustar. */
final class TarArchive {

    private static final int BLOCK = 512;
    private static final int NAME_BYTES = 100;
    private static final int SIZE_AT = 124;
    private static final int SIZE_BYTES = 12;
    private static final int TYPE_AT = 156;
    private static final long LARGEST = 1L << 30;

    private TarArchive() {}

    /** Writes members whose names end so into one folder, under the last part of their names. */
    static void unpack(Path archive, Path folder, String... suffixes) {
        try (InputStream in = new GZIPInputStream(Files.newInputStream(archive), 1 << 16)) {
            byte[] head = in.readNBytes(BLOCK);
            while (head.length == BLOCK && head[0] != 0) {
                String name = text(head, 0, NAME_BYTES);
                long size = size(archive, head);
                String own = name.substring(name.lastIndexOf('/') + 1);
                boolean plain = head[TYPE_AT] == '0' || head[TYPE_AT] == 0;
                if (plain
                        && !own.startsWith(".")
                        && List.of(suffixes).stream().anyMatch(own::endsWith)) {
                    write(in, folder.resolve(own), size);
                } else {
                    in.skipNBytes(size);
                }
                in.skipNBytes((BLOCK - size % BLOCK) % BLOCK);
                head = in.readNBytes(BLOCK);
            }
        } catch (EOFException | ZipException e) {
            throw new FormatException(
                    archive, "an archive that ends early or is damaged", "an undamaged copy", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + archive + ": " + e.getMessage(), e);
        }
    }

    private static void write(InputStream in, Path file, long size) {
        AtomicFile.write(
                file,
                channel -> {
                    byte[] chunk = new byte[1 << 16];
                    for (long left = size; left > 0; ) {
                        int got = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, left));
                        if (got == 0) {
                            throw new EOFException("the archive ends within " + file);
                        }
                        ByteBuffer rest = ByteBuffer.wrap(chunk, 0, got);
                        while (rest.hasRemaining()) {
                            channel.write(rest);
                        }
                        left -= got;
                    }
                });
    }

    private static long size(Path archive, byte[] head) {
        String octal = text(head, SIZE_AT, SIZE_BYTES).strip();
        if (!octal.matches("[0-7]{1,11}")) {
            throw new FormatException(
                    archive, "a member of size '" + octal + "'", "an octal number");
        }
        long size = Long.parseLong(octal, 8);
        if (size > LARGEST) {
            throw new FormatException(
                    archive, "a member of " + size + " bytes", "at most " + LARGEST);
        }
        return size;
    }

    private static String text(byte[] head, int at, int length) {
        int end = at;
        while (end < at + length && head[end] != 0) {
            end++;
        }
        return new String(head, at, end - at, StandardCharsets.US_ASCII);
    }
}
