package dev.cm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Gathers elements that lie at strides into row-major order.
 *
 * @param width bytes of an element
 * @param offset first element
 * @param shape sizes, at least one and none of them 0
 * @param strides in elements, checked to stay inside the source
 */
record StridedCopy(int width, long offset, long[] shape, long[] strides) {

    /** The gathered elements, in the arena. */
    MemorySegment of(MemorySegment source, Arena arena) {
        int last = shape.length - 1;
        long rowBytes = shape[last] * width;
        long bytes = TensorEntry.elements(shape) * width;
        MemorySegment copy = arena.allocate(bytes, Long.BYTES);
        long[] index = new long[shape.length];
        long from = offset;
        for (long to = 0; to < bytes; to += rowBytes) {
            gather(source, from, copy, to);
            for (int i = last - 1; i >= 0; i--) { // the next row, as an odometer
                from += strides[i];
                if (++index[i] < shape[i]) {
                    break;
                }
                from -= index[i] * strides[i];
                index[i] = 0;
            }
        }
        return copy;
    }

    /** Copies one innermost row; from counts elements, to counts bytes. */
    private void gather(MemorySegment source, long from, MemorySegment copy, long to) {
        long count = shape[shape.length - 1];
        long stride = strides[shape.length - 1];
        if (width == Integer.BYTES) {
            for (long i = 0; i < count; i++) {
                copy.set(
                        MappedFile.INT,
                        to + i * width,
                        source.get(MappedFile.INT, (from + i * stride) * width));
            }
        } else if (width == Short.BYTES) {
            for (long i = 0; i < count; i++) {
                copy.set(
                        MappedFile.SHORT,
                        to + i * width,
                        source.get(MappedFile.SHORT, (from + i * stride) * width));
            }
        } else if (width == 1) {
            for (long i = 0; i < count; i++) {
                copy.set(
                        ValueLayout.JAVA_BYTE,
                        to + i,
                        source.get(ValueLayout.JAVA_BYTE, from + i * stride));
            }
        } else {
            for (long i = 0; i < count; i++) {
                MemorySegment.copy(
                        source, (from + i * stride) * width, copy, to + i * width, width);
            }
        }
    }
}
