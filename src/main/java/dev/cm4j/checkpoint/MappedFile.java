package dev.cm4j.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * A whole file as read-only memory, and the little-endian numbers in it.
 *
 * @param file the file
 * @param stamp what marked it before it was mapped
 * @param bytes all of it
 */
record MappedFile(Path file, FileStamp stamp, MemorySegment bytes) {

    static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Maps a file of any size into an arena, and remembers which it was. */
    static MappedFile open(Path file, Arena arena) {
        FileStamp stamp = FileStamp.of(file);
        return new MappedFile(file, stamp, map(file, arena));
    }

    /** Where in the file a view of it begins; empty for other memory. */
    Optional<FilePlace> place(MemorySegment data) {
        long offset = data.address() - bytes.address();
        boolean inside =
                data.isNative()
                        && bytes.byteSize() > 0
                        && offset >= 0
                        && offset <= bytes.byteSize() - data.byteSize();
        return inside ? Optional.of(new FilePlace(file, offset, stamp)) : Optional.empty();
    }

    /** Maps a file of any size into an arena. */
    static MemorySegment map(Path file, Arena arena) {
        try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** New memory for what a file unpacks to; says so where there is not enough. */
    static MemorySegment allocate(Path file, String what, long bytes, Arena arena) {
        try {
            return arena.allocate(bytes, Long.BYTES);
        } catch (OutOfMemoryError e) {
            throw tooLarge(file, what, bytes, e);
        }
    }

    static FormatException tooLarge(Path file, String what, long bytes, OutOfMemoryError cause) {
        return new FormatException(
                file,
                "%s needs %d bytes of memory, more than there is".formatted(what, bytes),
                "a file whose tensors can be mapped, stored and contiguous, or a larger"
                        + " -XX:MaxDirectMemorySize",
                cause);
    }

    static int u16(MemorySegment bytes, long at) {
        return bytes.get(SHORT, at) & 0xFFFF;
    }

    static long u32(MemorySegment bytes, long at) {
        return bytes.get(INT, at) & 0xFFFFFFFFL;
    }

    static byte[] bytes(MemorySegment bytes, long at, int length) {
        return bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
    }
}
