package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Set;

/** Floating-point numbers at rest, from one width to another; to nearest, ties to even. */
final class ElementCast {

    private static final Set<DType> REAL = Set.of(DType.F32, DType.F64, DType.F16, DType.BF16);
    private static final long LARGEST_ARRAY = 1L << 30;
    private static final ValueLayout.OfDouble DOUBLE =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private ElementCast() {}

    /** Whether a tensor of one type can be stored as the other. */
    static boolean between(DType from, DType to) {
        return REAL.contains(from) && REAL.contains(to);
    }

    /** New memory with the same numbers as the other type. */
    static MemorySegment cast(MemorySegment data, DType from, DType to) {
        long count = data.byteSize() / from.bytes();
        long bytes = count * to.bytes();
        MemorySegment target =
                bytes <= LARGEST_ARRAY
                        ? MemorySegment.ofArray(new byte[(int) bytes])
                        : Arena.ofAuto().allocate(bytes, Long.BYTES);
        for (long i = 0; i < count; i++) {
            write(target, i, to, read(data, i, from));
        }
        return target;
    }

    private static double read(MemorySegment data, long i, DType type) {
        return switch (type) {
            case F32 -> data.get(FLOAT, i * Float.BYTES);
            case F64 -> data.get(DOUBLE, i * Double.BYTES);
            case F16 -> Float.float16ToFloat(data.get(MappedFile.SHORT, i * Short.BYTES));
            case BF16 -> Float.intBitsToFloat(data.get(MappedFile.SHORT, i * Short.BYTES) << 16);
            default -> throw new IllegalArgumentException(type + " is no floating-point type");
        };
    }

    private static void write(MemorySegment data, long i, DType type, double value) {
        switch (type) {
            case F32 -> data.set(FLOAT, i * Float.BYTES, (float) value);
            case F64 -> data.set(DOUBLE, i * Double.BYTES, value);
            case F16 ->
                    data.set(
                            MappedFile.SHORT, i * Short.BYTES, Float.floatToFloat16((float) value));
            case BF16 -> data.set(MappedFile.SHORT, i * Short.BYTES, bfloat16((float) value));
            default -> throw new IllegalArgumentException(type + " is no floating-point type");
        }
    }

    /** The upper half, rounded; a number that is none stays none. */
    private static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }
}
