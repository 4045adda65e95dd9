package dev.cm4j.checkpoint;

/** Hears how far the writing of a large file has come. */
@FunctionalInterface
public interface WriteProgress {

    /** Hears nothing. */
    WriteProgress NONE = (written, total) -> {};

    /**
     * Another tensor is written.
     *
     * @param written bytes of tensors written so far
     * @param total bytes of all tensors, the last call's {@code written}
     */
    void progressed(long written, long total);
}
