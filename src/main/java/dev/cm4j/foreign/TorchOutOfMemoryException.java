package dev.cm4j.foreign;

/**
 * The memory limit or the machine is exhausted. Live tensors are intact: close some, lower the
 * batch size or raise the limit, and go on.
 */
public class TorchOutOfMemoryException extends TorchException {
    private static final long serialVersionUID = 1L;

    /**
     * @param operation what was attempted
     * @param code the {@code cm_status} of {@code cm4j.h}
     * @param message the native sentence, followed by the memory in use, in bytes
     */
    public TorchOutOfMemoryException(String operation, int code, String message) {
        super(operation, code, message);
    }
}
