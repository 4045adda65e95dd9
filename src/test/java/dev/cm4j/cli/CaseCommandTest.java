package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs every {@code src/test/resources/cli/<case>.args} (one word a line) and compares {@code
 * .out}, {@code .err} and {@code .exit}. {@code -Dcm4j.rewrite=true} writes the expectations anew.
 */
class CaseCommandTest {

    private static final Path CASES = Path.of("src/test/resources/cli");
    private static final boolean REWRITE = Boolean.getBoolean("cm4j.rewrite");

    @TestFactory
    Stream<DynamicTest> cases() throws IOException {
        List<Path> files;
        try (Stream<Path> listed = Files.list(CASES)) {
            files = listed.filter(p -> p.toString().endsWith(".args")).sorted().toList();
        }
        assertFalse(files.isEmpty(), "no cases in " + CASES);
        return files.stream().map(file -> DynamicTest.dynamicTest(name(file), () -> check(file)));
    }

    private static String name(Path file) {
        return file.getFileName().toString().replace(".args", "");
    }

    private static void check(Path file) throws IOException {
        CommandRun run = CommandRun.of(Files.readAllLines(file).toArray(String[]::new));
        Path out = CASES.resolve(name(file) + ".out");
        Path err = CASES.resolve(name(file) + ".err");
        Path exit = CASES.resolve(name(file) + ".exit");
        if (REWRITE) {
            Files.writeString(out, run.out());
            Files.writeString(err, run.err());
            Files.writeString(exit, run.exit() + "\n");
            return;
        }
        assertAll(
                () -> assertEquals(Files.readString(out), run.out(), "out"),
                () -> assertEquals(Files.readString(err), run.err(), "err"),
                () -> assertEquals(Files.readString(exit).strip(), "" + run.exit(), "exit"));
    }
}
