package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.Library;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {

    @TempDir Path folder;

    @Test
    void saysWhatIsThere() {
        CommandRun run = CommandRun.of("doctor");
        assertEquals(0, run.exit(), run.err());
        assertTrue(run.out().contains(Library.path().toString()), run.out());
        assertTrue(run.out().contains("LibTorch     " + Library.torchVersion()), run.out());
        assertTrue(run.out().contains("All is well."), run.out());
    }

    @Test
    void explainsAMissingLibrary() throws Exception {
        CommandProcess process =
                CommandProcess.start("-Dcm4j.native=" + folder.resolve("nothing"), "doctor");
        assertEquals(1, process.exit(), process::text);
        assertTrue(process.text().contains("library      not usable"), process.text());
        assertTrue(process.text().contains("  tried"), process.text());
        assertTrue(process.text().contains("cm4j: "), process.text());
    }
}
