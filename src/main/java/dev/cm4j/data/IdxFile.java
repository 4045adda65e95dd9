package dev.cm4j.data;

import dev.cm4j.checkpoint.FormatException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * An array of whole numbers from 0 to 255 in the IDX format, plain or gzip.
 *
 * <pre>
 *   0, 0, type, rank, rank × u32 big-endian sizes, data
 *   type 8 u8, 9 i8, B i16, C i32, D f32, E f64, big-endian
 * </pre>
 *
 * A plain file of unsigned bytes is mapped, others are unpacked into native memory. Source: Y.
 * LeCun, "The MNIST database", file formats.
 *
 * @param shape sizes
 * @param data the bytes, row-major
 */
record IdxFile(int[] shape, MemorySegment data) {

    /** The head of a file. */
    private record Head(IdxType type, int[] shape) {}

    private static final int MAX_RANK = 4;
    private static final int CHUNK = 1 << 16;
    // A gzip file holds at most about 1032 bytes for each of its own.
    private static final long LARGEST_RATIO = 1100;
    private static final long TRUSTED = 16L << 20;
    private static final ValueLayout.OfInt BIG_ENDIAN =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** Reads a file into an arena. */
    static IdxFile read(Path file, Arena arena) {
        try {
            return isGzip(file) ? unpack(file, arena) : map(file, arena);
        } catch (EOFException | ZipException e) {
            throw new FormatException(
                    file, "gzip data that ends early or is damaged", "an undamaged copy", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static IdxFile map(Path file, Arena arena) throws IOException {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment all =
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            int head = (int) Math.min(all.byteSize(), 4 + 4 * MAX_RANK);
            Head found = head(file, all.asSlice(0, head).toArray(ValueLayout.JAVA_BYTE));
            long start = 4 + 4L * found.shape.length;
            requireLength(file, found, all.byteSize() - start);
            return of(file, found, all.asSlice(start), arena);
        }
    }

    /** The numbers as unsigned bytes, which they are already or have to become. */
    private static IdxFile of(Path file, Head head, MemorySegment raw, Arena arena) {
        if (head.type == IdxType.U8) {
            return new IdxFile(head.shape, raw);
        }
        long count = raw.byteSize() / head.type.bytes();
        MemorySegment bytes = allocate(file, count, arena);
        for (long i = 0; i < count; i++) {
            double value = head.type.at(raw, i);
            if (!(value >= 0 && value <= 255 && value == Math.rint(value))) {
                throw new FormatException(
                        file,
                        "the %s %s at number %d".formatted(head.type, value, i),
                        "whole numbers from 0 to 255, as those of pixels and classes");
            }
            bytes.set(ValueLayout.JAVA_BYTE, i, (byte) (int) value);
        }
        return new IdxFile(head.shape, bytes);
    }

    private static InputStream packed(Path file) throws IOException {
        return new BufferedInputStream(new GZIPInputStream(Files.newInputStream(file), CHUNK));
    }

    private static IdxFile unpack(Path file, Arena arena) throws IOException {
        try (InputStream in = packed(file)) {
            byte[] head = in.readNBytes(4);
            int rank = head.length == 4 ? Math.min(head[3] & 0xFF, MAX_RANK) : 0;
            byte[] sizes = in.readNBytes(4 * rank);
            byte[] both = Arrays.copyOf(head, head.length + sizes.length);
            System.arraycopy(sizes, 0, both, head.length, sizes.length);
            Head found = head(file, both);
            long count = bytes(file, found);
            if (count / LARGEST_RATIO > Files.size(file)) {
                requireLength(file, found, 0);
            }
            if (count > TRUSTED) {
                prove(file, found, count);
            }
            MemorySegment data = allocate(file, count, arena);
            byte[] chunk = new byte[CHUNK];
            long at = 0;
            while (at < count) {
                int got = in.readNBytes(chunk, 0, (int) Math.min(CHUNK, count - at));
                if (got == 0) {
                    requireLength(file, found, at);
                }
                MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, at, got);
                at += got;
            }
            if (in.read() >= 0) {
                requireLength(file, found, count + 1);
            }
            return of(file, found, data, arena);
        }
    }

    /** Unpacks once for nothing: a claim is proved before memory is taken for it. */
    private static void prove(Path file, Head head, long count) throws IOException {
        try (InputStream in = packed(file)) {
            in.skipNBytes(4 + 4L * head.shape.length);
            byte[] chunk = new byte[CHUNK];
            long found = 0;
            for (int got = in.read(chunk); got > 0 && found <= count; got = in.read(chunk)) {
                found += got;
            }
            requireLength(file, head, found);
        }
    }

    private static MemorySegment allocate(Path file, long bytes, Arena arena) {
        try {
            return arena.allocate(bytes, Long.BYTES);
        } catch (OutOfMemoryError e) {
            throw new FormatException(
                    file,
                    "an array of " + bytes + " bytes, more memory than there is",
                    "a smaller or unpacked file, or a larger -XX:MaxDirectMemorySize",
                    e);
        }
    }

    private static boolean isGzip(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return in.read() == 0x1F && in.read() == 0x8B;
        }
    }

    private static Head head(Path file, byte[] head) {
        MemorySegment bytes = MemorySegment.ofArray(head);
        int magic = head.length < 4 ? -1 : bytes.get(BIG_ENDIAN, 0);
        int rank = magic & 0xFF;
        Optional<IdxType> type = IdxType.ofCode(magic >>> 8);
        if (type.isEmpty() || rank < 1 || rank > MAX_RANK) {
            throw new FormatException(
                    file,
                    head.length < 4
                            ? "a file of " + head.length + " bytes"
                            : "the first bytes %08X".formatted(magic),
                    "an IDX file: 0000, a type of 08, 09 or 0B to 0E, and a rank of 1 to 4");
        }
        if (head.length < 4 + 4 * rank) {
            throw new FormatException(
                    file, "an end within the IDX header", "a whole file; was it cut short?");
        }
        int[] shape = new int[rank];
        for (int i = 0; i < rank; i++) {
            shape[i] = bytes.get(BIG_ENDIAN, 4 + 4L * i);
        }
        return new Head(type.get(), shape);
    }

    /** Bytes of the numbers. */
    private static long bytes(Path file, Head head) {
        long count = 1;
        for (int size : head.shape) {
            if (size < 1 || count > (1L << 48) / size) {
                throw new FormatException(
                        file,
                        "sizes " + Arrays.toString(head.shape),
                        "sizes of at least 1, 2^48 in all");
            }
            count *= size;
        }
        return count * head.type.bytes();
    }

    private static void requireLength(Path file, Head head, long bytes) {
        long expected = bytes(file, head);
        if (bytes != expected) {
            throw new FormatException(
                    file,
                    bytes > expected
                            ? "bytes behind the array of sizes " + Arrays.toString(head.shape)
                            : "%d bytes of data for sizes %s"
                                    .formatted(bytes, Arrays.toString(head.shape)),
                    "exactly " + expected + " bytes; is the file whole?");
        }
    }
}
