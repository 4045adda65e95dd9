package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;

/**
 * Writes the arrays of an {@code .npz} file, each in as many pieces as its maker likes.
 *
 * <p>Records are stored, with zip64 fields and no data descriptors, as NumPy writes them. Equal
 * arrays make equal files.
 */
public final class NpzWriter {

    private final StoredZip zip;

    NpzWriter(FileChannel channel) {
        this.zip = new StoredZip(channel);
    }

    /**
     * Begins an array.
     *
     * @param arrayName its name without {@code .npy}
     * @param dtype type of an element
     * @param shape sizes
     * @throws IOException if it cannot be written
     * @throws IllegalArgumentException if NumPy has no such type, or the shape is none
     * @throws IllegalStateException if the array before lacks elements
     */
    public void begin(String arrayName, DType dtype, long... shape) throws IOException {
        if (TensorEntry.elements(shape) < 0) {
            throw new IllegalArgumentException(arrayName + " has a shape no array can have");
        }
        byte[] start = NpyHeader.encode(dtype, shape);
        long bytes = start.length + TensorEntry.elements(shape) * dtype.bytes();
        zip.begin(arrayName + ".npy", bytes, 1);
        zip.write(MemorySegment.ofArray(start));
    }

    /**
     * Writes the next elements of the array begun last.
     *
     * @param elements row-major and little-endian, any number of bytes
     * @throws IOException if it cannot be written
     * @throws IllegalStateException if there are more than the shape says
     */
    public void write(MemorySegment elements) throws IOException {
        zip.write(elements);
    }

    /** Writes the directory. */
    void finish() throws IOException {
        zip.finish();
    }
}
