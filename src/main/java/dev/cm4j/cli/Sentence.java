package dev.cm4j.cli;

import dev.cm4j.foreign.TorchOutOfMemoryException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Turns an exception into the one sentence a person reads. */
final class Sentence {

    private Sentence() {}

    /**
     * @param thrown what went wrong
     * @return one line that says so, never empty
     */
    static String of(Throwable thrown) {
        Throwable cause = thrown;
        while (cause instanceof UncheckedIOException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return switch (cause) {
            case NoSuchFileException e -> e.getFile() + " does not exist";
            case AccessDeniedException e -> "no permission for " + e.getFile();
            case FileAlreadyExistsException e -> e.getFile() + " exists already";
            case NotDirectoryException e -> e.getFile() + " is not a folder";
            case FileNotFoundException e -> e.getMessage();
            case FileSystemException e -> e.getMessage();
            case IOException e -> thrown.getMessage() == null ? e.toString() : thrown.getMessage();
            case OutOfMemoryError e ->
                    "the Java heap is exhausted ("
                            + e.getMessage()
                            + "); try a smaller --batch, or JAVA_OPTS=-Xmx with more";
            case TorchOutOfMemoryException e ->
                    "out of memory: " + firstLine(e) + "; try a smaller --batch";
            default -> firstLine(cause);
        };
    }

    private static String firstLine(Throwable cause) {
        String message = cause.getMessage();
        if (message == null || message.isBlank()) {
            return "internal error " + cause.getClass().getSimpleName() + "; run with --verbose";
        }
        return message.lines().findFirst().orElse(message);
    }
}
