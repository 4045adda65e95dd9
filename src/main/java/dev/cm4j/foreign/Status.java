package dev.cm4j.foreign;

import dev.cm4j.ffi.Cm4j_h;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;

/** Turns a {@code cm_status} into the exception of its cause. */
public final class Status {
    private static final int LONGEST_MESSAGE = 1 << 20;

    private Status() {}

    /**
     * Returns where the call succeeded, and throws with this thread's last native sentence where it
     * did not.
     *
     * @param status the {@code cm_status} a native function returned on this thread just now
     * @param operation what was attempted, as it should open the message
     * @throws IllegalArgumentException for CM_BAD_ARGUMENT
     * @throws TorchOutOfMemoryException for CM_OUT_OF_MEMORY
     * @throws UncheckedIOException for CM_FILE
     * @throws TorchException for any other failure
     */
    public static void check(int status, String operation) {
        if (status != Cm4j_h.CM_OK()) {
            throw failure(status, operation);
        }
    }

    private static RuntimeException failure(int status, String operation) {
        String sentence = lastError();
        if (status == Cm4j_h.CM_BAD_ARGUMENT()) {
            return new IllegalArgumentException(operation + ": " + sentence);
        }
        if (status == Cm4j_h.CM_OUT_OF_MEMORY()) {
            long limit = Cm4j_h.cm_memory_bytes(Cm4j_h.CM_MEMORY_LIMIT());
            String memory =
                    String.format(
                            Locale.ROOT,
                            "%s (in use %,d bytes, peak %,d, limit %s)",
                            sentence,
                            Cm4j_h.cm_memory_bytes(Cm4j_h.CM_MEMORY_NOW()),
                            Cm4j_h.cm_memory_bytes(Cm4j_h.CM_MEMORY_PEAK()),
                            limit == 0 ? "none" : String.format(Locale.ROOT, "%,d", limit));
            return new TorchOutOfMemoryException(operation, status, memory);
        }
        if (status == Cm4j_h.CM_FILE()) {
            return new UncheckedIOException(sentence, new IOException(operation));
        }
        return new TorchException(operation, status, sentence);
    }

    private static String lastError() {
        String sentence = Scratch.ofThread().text(Cm4j_h::cm_last_error, LONGEST_MESSAGE);
        return sentence.isEmpty() ? "no reason given" : sentence;
    }
}
