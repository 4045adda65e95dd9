package dev.cm4j.foreign;

/**
 * A native operation failed; nothing it would have returned exists, and all other handles are
 * intact.
 */
public class TorchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String operation;
    private final int code;

    /**
     * @param operation what was attempted, with its operands where they are known: {@code "matmul
     *     of f32[2, 3] and …"}
     * @param code the {@code cm_status} of {@code cm4j.h}, not 0
     * @param message the native sentence
     */
    public TorchException(String operation, int code, String message) {
        super(operation + ": " + message);
        this.operation = operation;
        this.code = code;
    }

    /** What was attempted. */
    public String operation() {
        return operation;
    }

    /**
     * The {@code cm_status} of {@code cm4j.h}: 1 LibTorch, 2 other C++, 3 unknown, 5 memory, 6
     * time, 7 unsupported.
     */
    public int code() {
        return code;
    }
}
