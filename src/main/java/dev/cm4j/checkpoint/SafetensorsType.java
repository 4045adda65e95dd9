package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.util.Optional;

/** Element types a safetensors header may name; some of them no tensor of cm4j can have. */
enum SafetensorsType {
    BOOL(1, DType.BOOL),
    U8(1, DType.U8),
    I8(1, DType.I8),
    F8_E4M3(1),
    F8_E5M2(1),
    I16(2, DType.I16),
    U16(2),
    F16(2, DType.F16),
    BF16(2, DType.BF16),
    I32(4, DType.I32),
    U32(4),
    F32(4, DType.F32),
    I64(8, DType.I64),
    U64(8),
    F64(8, DType.F64);

    private final int bytes;
    private final Optional<DType> dtype;

    SafetensorsType(int bytes) {
        this.bytes = bytes;
        this.dtype = Optional.empty();
    }

    SafetensorsType(int bytes, DType dtype) {
        this.bytes = bytes;
        this.dtype = Optional.of(dtype);
    }

    int bytes() {
        return bytes;
    }

    /** The tensor type, empty where cm4j has none. */
    Optional<DType> dtype() {
        return dtype;
    }

    static Optional<SafetensorsType> named(String name) {
        for (SafetensorsType type : values()) {
            if (type.name().equals(name)) {
                return Optional.of(type);
            }
        }
        return Optional.empty();
    }
}
