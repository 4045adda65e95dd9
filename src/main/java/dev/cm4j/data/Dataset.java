package dev.cm4j.data;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** A fixed list of images of one size, each with a label or none. May be read from any thread. */
public interface Dataset extends AutoCloseable {

    /**
     * Number of images.
     *
     * @return at least 1
     */
    int size();

    /**
     * Channels of each image.
     *
     * @return 1 for grey, 3 for red, green, blue
     */
    int channels();

    /**
     * Height of each image.
     *
     * @return pixels
     */
    int height();

    /**
     * Width of each image.
     *
     * @return pixels
     */
    int width();

    /**
     * Number of classes.
     *
     * @return 0 where there are no labels
     */
    int classes();

    /**
     * Reads one image.
     *
     * @param index 0 to size − 1
     * @param target receives C·H·W bytes, [C, H, W] row-major, unsigned
     * @throws IndexOutOfBoundsException if there is no such image
     * @throws dev.cm4j.checkpoint.FormatException if its file cannot be decoded
     */
    void read(int index, MemorySegment target);

    /**
     * Class of one image.
     *
     * @param index 0 to size − 1
     * @return 0 to classes − 1
     * @throws IllegalStateException if the data set has no labels
     */
    int label(int index);

    /**
     * Which data exactly this is.
     *
     * @return SHA-256 over names, sizes and labels, 64 hexadecimal digits
     */
    String fingerprint();

    /**
     * All images at once, where they lie in memory one after the other.
     *
     * @return native memory [N, C, H, W] u8, to be read only, until {@link #close}
     */
    default Optional<MemorySegment> pixels() {
        return Optional.empty();
    }

    /**
     * Some images as a tensor.
     *
     * @param indices each 0 to size − 1
     * @return [indices, C, H, W] u8, owned by the innermost open scope
     */
    default Tensor pixels(int... indices) {
        long bytes = (long) channels() * height() * width();
        try (var arena = Arena.ofConfined()) {
            MemorySegment rows = arena.allocate(bytes * indices.length);
            for (int i = 0; i < indices.length; i++) {
                read(indices[i], rows.asSlice(i * bytes, bytes));
            }
            return Tensor.copyOf(rows, DType.U8, indices.length, channels(), height(), width());
        }
    }

    /**
     * Names of the classes.
     *
     * @return one for each class in label order, or an empty list
     */
    default List<String> classNames() {
        return List.of();
    }

    /**
     * What its user should know before the first image is read.
     *
     * @return sentences without a full stop, usually none
     */
    default List<String> notices() {
        return List.of();
    }

    /** Frees files and memory. */
    @Override
    void close();
}
