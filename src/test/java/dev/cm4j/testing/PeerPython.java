package dev.cm4j.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A Python with the libraries whose files we read and write: {@code $CM4J_PYTHON}, {@code
 * $CM4J_BENCH_PYTHON}, or the system's own where it has them.
 */
public final class PeerPython {

    private static final int SECONDS = 300;

    private final String command;

    private PeerPython(String command) {
        this.command = command;
    }

    /**
     * Finds an interpreter; a test is skipped with a message where there is none.
     *
     * @param modules what it must be able to import
     */
    public static PeerPython require(String... modules) {
        List<String> commands =
                Stream.of(
                                System.getenv("CM4J_PYTHON"),
                                System.getenv("CM4J_BENCH_PYTHON"),
                                "python3")
                        .filter(Objects::nonNull)
                        .toList();
        for (String command : commands) {
            if (imports(command, modules)) {
                return new PeerPython(command);
            }
        }
        return abort(
                "skipped: no Python with "
                        + String.join(", ", modules)
                        + "; name one with CM4J_PYTHON");
    }

    private static boolean imports(String command, String... modules) {
        String line =
                "import importlib.util as u, sys; sys.exit(not all(u.find_spec(m) for m in"
                        + " sys.argv[1:]))";
        List<String> words = new ArrayList<>(List.of(command, "-c", line));
        words.addAll(List.of(modules));
        try {
            return new ProcessBuilder(words).redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException absent) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Runs a program and requires that it ends well.
     *
     * @param program Python source
     * @param arguments its {@code sys.argv[1:]}
     * @return everything it wrote
     */
    public String run(String program, Object... arguments) {
        List<String> words = new ArrayList<>(List.of(command, "-c", program));
        for (Object argument : arguments) {
            words.add(argument.toString());
        }
        try {
            Path output = Files.createTempFile("cm4j-python", ".txt");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(words)
                                .redirectErrorStream(true)
                                .redirectOutput(output.toFile());
                builder.environment().put("HF_HUB_OFFLINE", "1");
                builder.environment().put("OMP_WAIT_POLICY", "passive");
                Process process = builder.start();
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("Python ran for more than " + SECONDS + " seconds");
                }
                String text = Files.readString(output);
                assertEquals(0, process.exitValue(), text);
                return text;
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
