package dev.cm4j.cli;

import dev.cm4j.foreign.TorchOutOfMemoryException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;

/** Turns an exception into the one sentence a person reads. */
final class Sentence {

    private static final String NO_FOLDER = "Not a directory"; // as Linux says it

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
        String words = ofCause(thrown, cause);
        return isSentence(thrown) ? joined(firstLine(thrown), cause, words) : words;
    }

    private static String ofCause(Throwable thrown, Throwable cause) {
        return switch (cause) {
            case NoSuchFileException e -> e.getFile() + " does not exist";
            case AccessDeniedException e -> "no permission for " + e.getFile();
            case FileAlreadyExistsException e ->
                    Files.isDirectory(Path.of(e.getFile()))
                            ? e.getFile() + " exists already"
                            : e.getFile() + " is a file, not a folder";
            case NotDirectoryException e -> e.getFile() + " is not a folder";
            case FileNotFoundException e -> e.getMessage();
            case FileSystemException e when NO_FOLDER.equals(e.getReason()) ->
                    blocking(Path.of(e.getFile())) + " is a file, not a folder";
            case FileSystemException e -> e.getMessage();
            case IOException e -> thrown.getMessage() == null ? e.toString() : thrown.getMessage();
            case InvalidPathException e -> ofPath(e);
            case OutOfMemoryError e ->
                    "the Java heap is exhausted ("
                            + e.getMessage()
                            + "); try a smaller --batch, or JAVA_OPTS=-Xmx with more";
            case TorchOutOfMemoryException e ->
                    "out of memory: " + firstLine(e) + "; try a smaller --batch";
            default -> firstLine(cause);
        };
    }

    /**
     * What is wrong with the name of a file.
     *
     * @param refused by Java
     * @return a sentence with the remedy where the locale is to blame
     */
    static String ofPath(InvalidPathException refused) {
        return refused.getReason().startsWith("Malformed input")
                ? "the name of a file has letters that this locale cannot spell; start with a UTF-8"
                        + " locale, such as LC_ALL=C.UTF-8"
                : "'%s' is no name of a file: %s"
                        .formatted(refused.getInput(), refused.getReason());
    }

    /**
     * Whether the exception says more than the one it wraps, or that one's words behind a colon.
     */
    private static boolean isSentence(Throwable thrown) {
        if (!(thrown instanceof UncheckedIOException unchecked)
                || !(unchecked.getCause() instanceof FileSystemException cause)) {
            return false;
        }
        String message = thrown.getMessage();
        return message != null
                && !message.equals(cause.toString())
                && !message.endsWith(": " + cause.getMessage());
    }

    /** The nearest part of a path that exists. */
    private static Path blocking(Path path) {
        Path part = path;
        while (part.getParent() != null && !Files.exists(part)) {
            part = part.getParent();
        }
        return part;
    }

    /** An outer sentence with the reason, where it does not give one itself. */
    private static String joined(String sentence, Throwable cause, String words) {
        boolean reasoned =
                switch (cause) {
                    case NoSuchFileException _ -> true;
                    case AccessDeniedException _ -> sentence.contains("no permission");
                    case FileSystemException e when e.getReason() != null ->
                            sentence.contains(e.getReason());
                    default -> sentence.endsWith(words);
                };
        return reasoned ? sentence : sentence + ": " + words;
    }

    private static String firstLine(Throwable cause) {
        String message = cause.getMessage();
        if (message == null || message.isBlank()) {
            return "internal error " + cause.getClass().getSimpleName() + "; run with --verbose";
        }
        return message.lines().findFirst().orElse(message);
    }
}
