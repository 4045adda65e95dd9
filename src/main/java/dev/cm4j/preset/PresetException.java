package dev.cm4j.preset;

/** A preset that cannot be used; the message names the key, what was found and what would help. */
public final class PresetException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    public PresetException(String message) {
        super(message);
    }

    public PresetException(String message, Throwable cause) {
        super(message, cause);
    }
}
