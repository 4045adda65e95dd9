package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A named tensor at rest: what a file holds, before or after it is a {@code Tensor}.
 *
 * <p>The data of an entry read from a file is a read-only view of the mapped file. It lives as long
 * as the file is open and may start at any address, so copy it ({@code Tensor.copyOf}) rather than
 * wrap it where alignment matters.
 *
 * @param name the tensor's name, letter for letter
 * @param dtype type of an element
 * @param shape sizes, empty for a single value; at most 16 of them
 * @param data the elements, row-major and little-endian, exactly as many bytes as they need
 */
public record TensorEntry(String name, DType dtype, long[] shape, MemorySegment data) {

    /** Largest rank of a tensor in any file. */
    public static final int MAX_RANK = 16;

    /** Largest number of elements of a tensor in any file. */
    public static final long MAX_ELEMENTS = 1L << 48;

    /**
     * Checks that sizes, type and bytes fit together.
     *
     * @throws IllegalArgumentException if the rank or a size is out of range, or the data has more
     *     or fewer bytes than the elements need
     */
    public TensorEntry {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(dtype, "dtype");
        shape = shape.clone();
        long elements = elements(shape);
        if (elements < 0) {
            throw new IllegalArgumentException(
                    name + ": shape " + Arrays.toString(shape) + " is no shape of a tensor");
        }
        if (data.byteSize() != elements * dtype.bytes()) {
            throw new IllegalArgumentException(
                    "%s: %s of shape %s needs %d bytes, there are %d"
                            .formatted(
                                    name,
                                    dtype,
                                    Arrays.toString(shape),
                                    elements * dtype.bytes(),
                                    data.byteSize()));
        }
    }

    /**
     * The sizes.
     *
     * @return a new array, empty for a single value
     */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /**
     * Number of elements.
     *
     * @return product of the sizes, 1 for a single value
     */
    public long elementCount() {
        return data.byteSize() / dtype.bytes();
    }

    /** The product of sizes, or −1 where rank, a size or the product is out of range. */
    static long elements(long... shape) {
        if (shape.length > MAX_RANK) {
            return -1;
        }
        long product = 1;
        boolean empty = false;
        for (long size : shape) {
            if (size < 0) {
                return -1;
            }
            empty |= size == 0;
            if (size > MAX_ELEMENTS || Math.multiplyHigh(product, size) != 0) {
                return -1;
            }
            product = size == 0 ? product : product * size;
            if (product < 0 || product > MAX_ELEMENTS) {
                return -1;
            }
        }
        return empty ? 0 : product;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TensorEntry entry
                && name.equals(entry.name)
                && dtype == entry.dtype
                && Arrays.equals(shape, entry.shape)
                && data.mismatch(entry.data) < 0;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, dtype, Arrays.hashCode(shape));
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape);
    }
}
