package dev.cm4j.cli;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A command in a process of its own, for what cannot happen in the test's: signals, bad libraries.
 */
final class CommandProcess {

    private static final int SECONDS = 300;

    private final Process process;
    private final Path output;

    private CommandProcess(Process process, Path output) {
        this.process = process;
        this.output = output;
    }

    /**
     * Starts Java with this test's class path and native library.
     *
     * @param words options of Java, which begin with {@code -D}, then the command's words
     */
    static CommandProcess start(String... words) throws IOException {
        return start(Path.of(""), Map.of(), words);
    }

    /** As above, in another working folder. */
    static CommandProcess startIn(Path folder, String... words) throws IOException {
        return start(folder, Map.of(), words);
    }

    /**
     * As above, with other values in the environment.
     *
     * @param environment variables and their values
     */
    static CommandProcess start(Map<String, String> environment, String... words)
            throws IOException {
        return start(Path.of(""), environment, words);
    }

    private static CommandProcess start(
            Path folder, Map<String, String> environment, String... words) throws IOException {
        // a build in the background ignores Ctrl-C, and hands that down
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1"));
        String library = System.getProperty("cm4j.native");
        if (library != null) {
            command.add("-Dcm4j.native=" + library);
        }
        List<String> rest = new ArrayList<>(List.of(words));
        while (rest.getFirst().startsWith("-D")) {
            command.add(rest.removeFirst()); // the last one of a name counts
        }
        command.addAll(List.of("-cp", classPath(), Main.class.getName()));
        command.addAll(rest);
        Path output = Files.createTempFile("cm4j-command", ".txt");
        output.toFile().deleteOnExit();
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(folder.toAbsolutePath().toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        return new CommandProcess(builder.start(), output);
    }

    /** Everything this process has, whether it runs from a class path or a module path. */
    private static String classPath() {
        return Stream.of("java.class.path", "jdk.module.path")
                .map(System::getProperty)
                .filter(Objects::nonNull)
                .flatMap(places -> Stream.of(places.split(File.pathSeparator)))
                .map(place -> Path.of(place).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** Waits until the output holds a text. */
    void await(String text) throws IOException, InterruptedException {
        for (int i = 0; i < SECONDS * 10; i++) {
            if (text().contains(text)) {
                return;
            }
            if (!process.isAlive()) {
                break;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no '" + text + "' in: " + text());
    }

    /** Sends the signal of Ctrl-C. */
    void interrupt() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    }

    /** Ends it at once, as {@code kill -9} does, unless it ended by itself. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /** Waits for the end. */
    int exit() throws InterruptedException {
        if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("not finished after " + SECONDS + " s: " + text());
        }
        return process.exitValue();
    }

    /** Everything written so far, to either output. */
    String text() {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
