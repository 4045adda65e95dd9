package dev.cm4j.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/** Types of the numbers of an IDX file, all of them big-endian. */
enum IdxType {
    U8(0x08, 1),
    I8(0x09, 1),
    I16(0x0B, 2),
    I32(0x0C, 4),
    F32(0x0D, 4),
    F64(0x0E, 8);

    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final int code;
    private final int bytes;

    IdxType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /** Size of a number in bytes. */
    int bytes() {
        return bytes;
    }

    /** The type of a code in the first bytes of a file, or nothing. */
    static Optional<IdxType> ofCode(int code) {
        return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
    }

    /** One of the numbers of an array. */
    double at(MemorySegment data, long index) {
        return switch (this) {
            case U8 -> data.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
            case I8 -> data.get(ValueLayout.JAVA_BYTE, index);
            case I16 -> data.get(SHORT, index * bytes);
            case I32 -> data.get(INT, index * bytes);
            case F32 -> data.get(FLOAT, index * bytes);
            case F64 -> data.get(DOUBLE, index * bytes);
        };
    }
}
