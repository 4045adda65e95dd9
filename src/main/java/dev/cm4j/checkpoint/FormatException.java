package dev.cm4j.checkpoint;

import java.nio.file.Path;

/**
 * A file is not what it should be: which file, what was found in it, and what is expected instead.
 *
 * <p>Every reader of cm4j reports a bad file with this exception, whatever the kind of file.
 */
public final class FormatException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final transient Path file;
    private final String found;
    private final String expected;

    /**
     * Makes the message "file: found; expected expected".
     *
     * @param file the file that was read
     * @param found what is wrong and where: a byte offset, an entry's or a tensor's name
     * @param expected what would be right, or what to do about it
     */
    public FormatException(Path file, String found, String expected) {
        super(file + ": " + found + "; expected " + expected);
        this.file = file;
        this.found = found;
        this.expected = expected;
    }

    /**
     * As the other constructor, with the exception that brought it to light.
     *
     * @param file the file that was read
     * @param found what is wrong and where
     * @param expected what would be right, or what to do about it
     * @param cause the exception of the reader below
     */
    public FormatException(Path file, String found, String expected, Throwable cause) {
        this(file, found, expected);
        initCause(cause);
    }

    /**
     * The file that was read.
     *
     * @return its path
     */
    public Path file() {
        return file;
    }

    /**
     * What is wrong and where.
     *
     * @return part of a sentence
     */
    public String found() {
        return found;
    }

    /**
     * What would be right.
     *
     * @return part of a sentence
     */
    public String expected() {
        return expected;
    }
}
