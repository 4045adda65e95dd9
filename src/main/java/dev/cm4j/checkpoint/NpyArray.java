package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** Turns the bytes of a NumPy array, header and numbers, into an entry. */
final class NpyArray {

    private NpyArray() {}

    /** The array as it lies where it is row-major and little-endian, else a copy in the arena. */
    static TensorEntry of(Path file, String name, MemorySegment bytes, Arena arena) {
        NpyHeader header = NpyHeader.parse(file, name, bytes);
        long needed = TensorEntry.elements(header.shape()) * header.dtype().bytes();
        MemorySegment data = bytes.asSlice(header.length());
        if (needed != data.byteSize()) {
            throw new FormatException(
                    file,
                    name + " has " + data.byteSize() + " bytes of numbers",
                    needed + " bytes; is the file whole?");
        }
        if (header.bigEndian()) {
            data = swapped(file, name, data, header.dtype(), arena);
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

    private static MemorySegment swapped(
            Path file, String name, MemorySegment data, DType dtype, Arena arena) {
        MemorySegment copy =
                MappedFile.allocate(file, TensorName.shown(name), data.byteSize(), arena);
        int width = dtype.bytes();
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
