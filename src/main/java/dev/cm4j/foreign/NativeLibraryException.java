package dev.cm4j.foreign;

/**
 * The native library was not found, did not load, or does not fit this Java code; the message says
 * what to do.
 */
public class NativeLibraryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /**
     * @param message what was attempted, found and expected, and the remedy
     */
    public NativeLibraryException(String message) {
        super(message);
    }

    /**
     * @param message what was attempted, found and expected, and the remedy
     * @param cause the loader's own error
     */
    public NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
    }
}
