package dev.cm4j.convert;

import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** The numbers in the bytes of tensors, of any type. */
final class Elements {

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Elements() {}

    /** One number; integers as the nearest double. */
    static double get(MemorySegment data, DType dtype, long index) {
        return switch (dtype) {
            case F32 -> data.getAtIndex(FLOAT, index);
            case F64 -> data.getAtIndex(DOUBLE, index);
            case F16 -> Float.float16ToFloat(data.getAtIndex(SHORT, index));
            case BF16 -> Float.intBitsToFloat(data.getAtIndex(SHORT, index) << 16);
            case I64 -> data.getAtIndex(ValueLayout.JAVA_LONG_UNALIGNED, index);
            case I32 -> data.getAtIndex(ValueLayout.JAVA_INT_UNALIGNED, index);
            case I16 -> data.getAtIndex(SHORT, index);
            case I8, BOOL -> data.get(ValueLayout.JAVA_BYTE, index);
            case U8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
        };
    }
}
