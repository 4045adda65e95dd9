package dev.cm4j.nn;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;

/** Numbers of a parameter that lie together, in a file or in memory. */
public sealed interface WeightPart {

    /** How many there are. */
    long count();

    /**
     * Numbers in a file, little-endian.
     *
     * @param file the file
     * @param offset bytes from its start
     * @param type F32, F64, F16 or BF16
     * @param count how many
     */
    record InFile(Path file, long offset, DType type, long count) implements WeightPart {}

    /**
     * Numbers in memory, whose data stay shared.
     *
     * @param values of any type and shape
     */
    record InMemory(Tensor values) implements WeightPart {
        @Override
        public long count() {
            return values.elementCount();
        }
    }
}
