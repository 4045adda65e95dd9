package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One line that says what went wrong, for whoever typed the words. */
class SentenceTest {

    @TempDir Path folder;

    @Test
    void theOuterSentenceIsKeptWhereItSaysMore() {
        assertEquals(
                "cannot write x.png: Read-only file system",
                Sentence.of(
                        new UncheckedIOException(
                                "cannot write x.png: Read-only file system",
                                new FileSystemException(
                                        "/x/.x.png.tmp-1-1", null, "Read-only file system"))));
        assertEquals(
                "entry CD: the model x.pt does not exist",
                Sentence.of(
                        new UncheckedIOException(
                                "entry CD: the model x.pt does not exist",
                                new NoSuchFileException("x.pt"))));
    }

    @Test
    void aReasonIsAddedWhereTheOuterSentenceHasNone() {
        assertEquals(
                "cannot make the folder x/y: no permission for x",
                Sentence.of(
                        new UncheckedIOException(
                                "cannot make the folder x/y", new AccessDeniedException("x"))));
        assertEquals(
                "x is not a folder",
                Sentence.of(
                        new UncheckedIOException(
                                "x is not a folder", new NotDirectoryException("x"))));
    }

    @Test
    void aFilesNameIsNoSentence() {
        var gone = new NoSuchFileException("x.pt");
        assertEquals("x.pt does not exist", Sentence.of(new UncheckedIOException(gone)));
        assertEquals(
                "x.pt does not exist",
                Sentence.of(new UncheckedIOException("cannot read x.pt: x.pt", gone)));
        assertEquals("java.io.IOException", Sentence.of(new IOException()));
    }

    @Test
    void aFileInThePlaceOfAFolderIsNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("digits.png"), "x");
        CommandRun run =
                CommandRun.of(
                        "sample", "models/digits.safetensors", "--num=1", "--out=" + file + "/y");
        assertEquals(1, run.exit(), run.err());
        assertTrue(run.err().contains(file + " is a file, not a folder"), run.err());
    }

    @Test
    void aLocaleThatCannotSpellIsNamedWithTheRemedy() throws Exception {
        String names = System.getProperty("sun.jnu.encoding");
        assumeTrue("UTF-8".equals(names), () -> "this process itself spells names in " + names);
        CommandProcess process =
                CommandProcess.start(
                        Map.of("LC_ALL", "C"), "info", folder.resolve("Läufe.pt").toString());
        assertEquals(2, process.exit(), process::text);
        assertTrue(process.text().contains("LC_ALL=C.UTF-8"), process::text);
        assertFalse(process.text().contains("InvalidPathException"), process::text);
    }
}
