package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** Turns the bytes of a NumPy array, header and numbers, into an entry. */
final class NpyArray {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private NpyArray() {}

    /** The array as it lies where it is row-major and little-endian, else a copy in the arena. */
    static TensorEntry of(Path file, String name, MemorySegment bytes, Arena arena) {
        NpyHeader header = NpyHeader.parse(file, name, bytes);
        long needed = TensorEntry.elements(header.shape()) * header.width();
        MemorySegment data = bytes.asSlice(header.length());
        if (needed != data.byteSize()) {
            throw new FormatException(
                    file,
                    name + " has " + data.byteSize() + " bytes of numbers",
                    needed + " bytes; is the file whole?");
        }
        if (header.bigEndian()) {
            data = swapped(file, name, data, header.width(), arena);
        }
        if (header.unsigned()) {
            data = signed(file, name, data, header, arena);
        }
        if (header.fortran() && header.shape().length > 1 && needed > 0) {
            data = transposed(file, name, data, header, arena);
        }
        return new TensorEntry(name, header.dtype(), header.shape(), data);
    }

    private static MemorySegment transposed(
            Path file, String name, MemorySegment data, NpyHeader header, Arena arena) {
        long[] shape = header.shape();
        long[] strides = new long[shape.length];
        long stride = 1;
        for (int d = 0; d < shape.length; d++) {
            strides[d] = stride;
            stride *= shape[d];
        }
        try {
            return new StridedCopy(header.dtype().bytes(), 0, shape, strides).of(data, arena);
        } catch (OutOfMemoryError e) {
            throw MappedFile.tooLarge(file, TensorName.shown(name), data.byteSize(), e);
        }
    }

    /** Unsigned numbers in the signed type that holds them. */
    private static MemorySegment signed(
            Path file, String name, MemorySegment data, NpyHeader header, Arena arena) {
        int width = header.width();
        int wide = header.dtype().bytes();
        long count = data.byteSize() / width;
        MemorySegment copy = MappedFile.allocate(file, TensorName.shown(name), count * wide, arena);
        for (long i = 0; i < count; i++) {
            switch (width) {
                case Short.BYTES -> copy.set(INT, i * wide, data.get(SHORT, i * width) & 0xFFFF);
                case Integer.BYTES ->
                        copy.set(LONG, i * wide, data.get(INT, i * width) & 0xFFFF_FFFFL);
                default -> copy.set(LONG, i * wide, small(file, name, data.get(LONG, i * width)));
            }
        }
        return copy;
    }

    private static long small(Path file, String name, long value) {
        if (value < 0) {
            throw new FormatException(
                    file, name + " holds " + Long.toUnsignedString(value), "numbers below 2^63");
        }
        return value;
    }

    private static MemorySegment swapped(
            Path file, String name, MemorySegment data, int width, Arena arena) {
        MemorySegment copy =
                MappedFile.allocate(file, TensorName.shown(name), data.byteSize(), arena);
        for (long at = 0; at < data.byteSize(); at += width) {
            for (int i = 0; i < width; i++) {
                copy.set(
                        ValueLayout.JAVA_BYTE,
                        at + i,
                        data.get(ValueLayout.JAVA_BYTE, at + width - 1 - i));
            }
        }
        return copy;
    }
}
