package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.QkvOrder;
import java.lang.foreign.MemorySegment;

/**
 * The rows of an attention's qkv weight and bias, in one order or another.
 *
 * <pre>
 *   three-head      row (p H + h) d + c        p = 0, 1, 2 for q, k, v
 *   head-three      row (3 h + p) d + c        h of H heads
 *   head-dim-three  row (h d + c) 3 + p        c of d channels
 * </pre>
 */
final class QkvRows {

    private QkvRows() {}

    /** Where a row of one head's part stands. */
    static int row(QkvOrder order, int heads, int width, int part, int head, int channel) {
        return switch (order) {
            case THREE_HEAD -> (part * heads + head) * width + channel;
            case HEAD_THREE -> (3 * head + part) * width + channel;
            case HEAD_DIM_THREE -> (head * width + channel) * 3 + part;
        };
    }

    /** The part, 0 to 2 for q, k and v, that a row belongs to. */
    static int part(QkvOrder order, int heads, int width, int row) {
        return switch (order) {
            case THREE_HEAD -> row / (heads * width);
            case HEAD_THREE -> row / width % 3;
            case HEAD_DIM_THREE -> row % 3;
        };
    }

    /**
     * A qkv weight or bias with its rows in another order.
     *
     * @param heads number of heads, which divides a third of the rows
     * @return a copy on the heap
     * @throws IllegalArgumentException if it has 2 GiB or more, beyond any attention there is
     */
    static TensorEntry reorder(TensorEntry entry, int heads, QkvOrder from, QkvOrder to) {
        if (entry.data().byteSize() > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "%s has %d bytes, but rows of less than 2 GiB are reordered"
                            .formatted(entry.name(), entry.data().byteSize()));
        }
        int rows = (int) entry.shape()[0];
        int width = rows / 3 / heads;
        int bytes = (int) entry.data().byteSize();
        int rowBytes = bytes / rows;
        MemorySegment target = MemorySegment.ofArray(new byte[bytes]);
        for (int part = 0; part < 3; part++) {
            for (int head = 0; head < heads; head++) {
                for (int channel = 0; channel < width; channel++) {
                    MemorySegment.copy(
                            entry.data(),
                            (long) rowBytes * row(from, heads, width, part, head, channel),
                            target,
                            (long) rowBytes * row(to, heads, width, part, head, channel),
                            rowBytes);
                }
            }
        }
        return new TensorEntry(entry.name(), entry.dtype(), entry.shape(), target);
    }
}
