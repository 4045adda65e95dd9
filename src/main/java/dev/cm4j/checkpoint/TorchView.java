package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;

/**
 * A tensor as a checkpoint has it: sizes and strides, in elements, over a part of a storage.
 *
 * @param storage the storage
 * @param element type of the elements
 * @param offset first element, counted from the storage's beginning
 * @param shape sizes
 * @param strides distance of neighbours along each dimension, 0 for an expanded one
 */
record TorchView(
        TorchStorage storage, TorchElement element, long offset, long[] shape, long[] strides) {

    /** Makes a view, or says in a part of a sentence why there is no such view. */
    static Optional<String> problem(long offset, long[] shape, long[] strides, long numel) {
        String form = Arrays.toString(shape) + " with strides " + Arrays.toString(strides);
        if (shape.length != strides.length) {
            return Optional.of("a tensor of shape " + form);
        }
        long elements = TensorEntry.elements(shape);
        if (offset < 0 || elements < 0 || Arrays.stream(strides).anyMatch(s -> s < 0)) {
            return Optional.of("a tensor of shape " + form + " from element " + offset);
        }
        if (elements == 0) {
            return Optional.empty();
        }
        long last = offset;
        try {
            for (int i = 0; i < shape.length; i++) {
                last = Math.addExact(last, Math.multiplyExact(shape[i] - 1, strides[i]));
            }
        } catch (ArithmeticException e) {
            last = Long.MAX_VALUE;
        }
        return last < numel
                ? Optional.empty()
                : Optional.of(
                        "a tensor of shape %s from element %d over a storage of %d elements"
                                .formatted(form, offset, numel));
    }

    /** Sizes of the entry: a last dimension of 2 holds real and imaginary part. */
    long[] entryShape() {
        if (element.parts() == 1) {
            return shape;
        }
        long[] longer = Arrays.copyOf(shape, shape.length + 1);
        longer[shape.length] = element.parts();
        return longer;
    }

    long bytes() {
        return TensorEntry.elements(shape) * element.bytes();
    }

    /** Row-major without gaps, where sizes of 1 may have any stride. */
    boolean isContiguous() {
        long expected = 1;
        for (int i = shape.length - 1; i >= 0; i--) {
            if (shape[i] != 1 && strides[i] != expected) {
                return bytes() == 0;
            }
            expected *= shape[i];
        }
        return true;
    }

    /** The elements row-major: a slice of the storage, or copied into the arena. */
    MemorySegment rowMajor(MemorySegment storageBytes, Arena arena) {
        if (bytes() == 0) {
            return MemorySegment.NULL;
        }
        if (isContiguous()) {
            return storageBytes.asSlice(offset * element.bytes(), bytes());
        }
        return new StridedCopy(element.bytes(), offset, shape, strides).of(storageBytes, arena);
    }
}
