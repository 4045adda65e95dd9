package dev.cm4j.checkpoint;

import dev.cm4j.tensor.DType;
import java.util.List;
import java.util.Optional;

/** Element types of PyTorch storages that can be read. A complex number is read as two reals. */
enum TorchElement {
    FLOAT("Float", DType.F32, 1, "float32", "float"),
    DOUBLE("Double", DType.F64, 1, "float64", "double"),
    HALF("Half", DType.F16, 1, "float16", "half"),
    BFLOAT16("BFloat16", DType.BF16, 1, "bfloat16"),
    BYTE("Byte", DType.U8, 1, "uint8"),
    CHAR("Char", DType.I8, 1, "int8"),
    SHORT("Short", DType.I16, 1, "int16", "short"),
    INT("Int", DType.I32, 1, "int32", "int"),
    LONG("Long", DType.I64, 1, "int64", "long"),
    BOOL("Bool", DType.BOOL, 1, "bool"),
    COMPLEX_FLOAT("ComplexFloat", DType.F32, 2, "complex64", "cfloat"),
    COMPLEX_DOUBLE("ComplexDouble", DType.F64, 2, "complex128", "cdouble");

    private final String storage;
    private final DType dtype;
    private final int parts;
    private final List<String> dtypes;

    TorchElement(String storage, DType dtype, int parts, String... dtypes) {
        this.storage = storage;
        this.dtype = dtype;
        this.parts = parts;
        this.dtypes = List.of(dtypes);
    }

    /** Type of the element, or of its real and imaginary part. */
    DType dtype() {
        return dtype;
    }

    /** 2 for complex numbers, else 1. */
    int parts() {
        return parts;
    }

    int bytes() {
        return parts * dtype.bytes();
    }

    /** The type of a class such as {@code FloatStorage}. */
    static Optional<TorchElement> ofStorage(String className) {
        for (TorchElement element : values()) {
            if (className.equals(element.storage + "Storage")) {
                return Optional.of(element);
            }
        }
        return Optional.empty();
    }

    /** The class of a storage of real numbers, such as {@code FloatStorage}. */
    static String storageOf(DType dtype) {
        for (TorchElement element : values()) {
            if (element.dtype == dtype && element.parts == 1) {
                return element.storage + "Storage";
            }
        }
        throw new IllegalArgumentException("PyTorch has no storage of " + dtype);
    }

    /** The type of a dtype such as {@code float32}. */
    static Optional<TorchElement> ofDtype(String name) {
        for (TorchElement element : values()) {
            if (element.dtypes.contains(name)) {
                return Optional.of(element);
            }
        }
        return Optional.empty();
    }
}
