package dev.cm4j.tensor;

/** Element type of a tensor. */
public enum DType {
    /** IEEE 754, 32 bits. */
    F32(0, 4),
    /** IEEE 754, 64 bits. */
    F64(1, 8),
    /** IEEE 754, 16 bits. */
    F16(2, 2),
    /** The upper half of an {@link #F32}. */
    BF16(3, 2),
    /** Signed, 64 bits. */
    I64(4, 8),
    /** Signed, 32 bits. */
    I32(5, 4),
    /** Signed, 16 bits. */
    I16(6, 2),
    /** Signed, 8 bits. */
    I8(7, 1),
    /** Unsigned, 8 bits. */
    U8(8, 1),
    /** 0 or 1 in a byte. */
    BOOL(9, 1);

    private static final DType[] BY_CODE = values();

    private final int code;
    private final int bytes;

    DType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /** The number of this type in {@code cm4j.h}. */
    public int code() {
        return code;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    static DType ofCode(long code) {
        return BY_CODE[Math.toIntExact(code)];
    }
}
