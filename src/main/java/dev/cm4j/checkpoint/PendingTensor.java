package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A tensor still to be written: its name, type and shape now, its bytes when their turn comes.
 *
 * <p>A checkpoint that is converted on the way to a file then needs the memory of one tensor, not
 * of all.
 *
 * @param name the tensor's name, letter for letter
 * @param dtype type of an element
 * @param shape sizes, empty for a single value
 * @param data gives the elements, row-major and little-endian; called once for each writing
 */
public record PendingTensor(String name, DType dtype, long[] shape, Supplier<MemorySegment> data) {

    /**
     * Checks the shape.
     *
     * @throws IllegalArgumentException if the rank or a size is out of range
     */
    public PendingTensor {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(dtype, "dtype");
        Objects.requireNonNull(data, "data");
        shape = shape.clone();
        if (TensorEntry.elements(shape) < 0) {
            throw new IllegalArgumentException(
                    name + ": shape " + Arrays.toString(shape) + " is no shape of a tensor");
        }
    }

    /**
     * Tensors that are there already.
     *
     * @param tensors name to tensor; the names of the map count
     * @return the same, in the map's order; each is looked up again when its turn comes
     */
    public static List<PendingTensor> of(Map<String, TensorEntry> tensors) {
        List<PendingTensor> pending = new ArrayList<>();
        tensors.forEach((name, entry) ->
                pending.add(
                        new PendingTensor(
                                name,
                                entry.dtype(),
                                entry.shape(),
                                () -> tensors.get(name).data())));
        return pending;
    }

    /**
     * The same tensor with elements of another type.
     *
     * @param wanted the type to store; floating-point tensors are rounded to nearest even, others
     *     are left as they are
     * @return this where nothing changes
     */
    public PendingTensor as(DType wanted) {
        return wanted == dtype || !ElementCast.between(dtype, wanted)
                ? this
                : new PendingTensor(
                        name, wanted, shape, () -> ElementCast.cast(data.get(), dtype, wanted));
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
     * What the tensor takes in a file.
     *
     * @return bytes of all elements
     */
    public long bytes() {
        return TensorEntry.elements(shape) * dtype.bytes();
    }

    /** The elements, checked against the shape. */
    MemorySegment checkedData() {
        MemorySegment bytes = data.get();
        if (bytes.byteSize() != bytes()) {
            throw new IllegalStateException(
                    "%s: %s of shape %s needs %d bytes, there are %d"
                            .formatted(
                                    name,
                                    dtype,
                                    Arrays.toString(shape),
                                    bytes(),
                                    bytes.byteSize()));
        }
        return bytes;
    }

    /** What all of them take; refuses two of one name. */
    static long totalBytes(Collection<PendingTensor> tensors) {
        Set<String> names = new HashSet<>();
        long total = 0;
        for (PendingTensor tensor : tensors) {
            if (!names.add(tensor.name)) {
                throw new IllegalArgumentException("two tensors are called " + tensor.name);
            }
            total = Math.addExact(total, tensor.bytes());
        }
        return total;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PendingTensor tensor
                && name.equals(tensor.name)
                && dtype == tensor.dtype
                && Arrays.equals(shape, tensor.shape)
                && data.equals(tensor.data);
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
