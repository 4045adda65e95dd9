package dev.cm4j.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cm4j.tensor.Library;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The project in {@code examples/}, built and run by Maven as a stranger would, against a local
 * repository that holds what {@code verify} has installed there, and what Maven takes from its own
 * without any network.
 */
class ExamplesIT {
    private static final int SECONDS = 300;

    @TempDir Path folder;

    @Test
    void the_example_builds_and_draws() throws Exception {
        Path repository = Path.of("target", "examples-repository").toAbsolutePath();
        Path installed = repository.resolve("dev/cm4j/cm4j");
        assumeTrue(
                Files.isDirectory(installed),
                "skipped: nothing is installed in "
                        + repository
                        + "; the native build was skipped");
        Path project = folder.resolve("examples");
        copyTree(Path.of("examples"), project);
        Path picture = folder.resolve("seven.png");
        String output =
                maven(
                        project,
                        "-Dmaven.repo.local=" + repository,
                        "-Dmodel=" + Path.of("models/digits.safetensors").toAbsolutePath(),
                        "-Dpicture=" + picture);

        assertTrue(Files.isRegularFile(picture), output);
        var image = ImageIO.read(picture.toFile());
        assertEquals(28, image.getWidth());
        int[] grey = image.getRaster().getSamples(0, 0, 28, 28, 0, (int[]) null);
        assertTrue(IntStream.of(grey).max().orElse(0) > 200, "no ink");
        assertTrue(IntStream.of(grey).min().orElse(255) < 50, "no ground");
        try (var unpacked = Files.walk(folder.resolve("cache"))) {
            assertEquals(1, unpacked.filter(file -> file.endsWith("libcm4j.so")).count(), output);
        }
    }

    private String maven(Path project, String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("cm4j.maven.home"), "bin", "mvn").toString());
        command.addAll(List.of("-B", "-q", "-f", project.resolve("pom.xml").toString()));
        command.addAll(List.of("-s", settings().toString()));
        command.addAll(List.of(options));
        command.addAll(List.of("compile", "exec:exec"));
        File log = folder.resolve("maven.log").toFile();
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log);
        builder.directory(project.toFile());
        var environment = builder.environment();
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.keySet().removeAll(List.of("CM4J_NATIVE", "MAVEN_ARGS", "MAVEN_OPTS"));
        environment.put("CM4J_CACHE", folder.resolve("cache").toString());
        Library.version();
        Library.libtorch().ifPresent(root -> environment.put("LIBTORCH", root.toString()));
        Process process = builder.start();
        boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
        process.destroyForcibly();
        String output = Files.readString(log.toPath());
        assertTrue(ended, output);
        assertEquals(0, process.exitValue(), output);
        return output;
    }

    /** Maven's own repository stands for every other. */
    private Path settings() throws IOException {
        String own = Path.of(System.getProperty("cm4j.maven.repository")).toUri().toString();
        return Files.writeString(
                folder.resolve("settings.xml"),
                "<settings><mirrors><mirror><id>own</id><mirrorOf>*</mirrorOf><url>"
                        + own
                        + "</url></mirror></mirrors></settings>");
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.filter(f -> !f.startsWith(from.resolve("target"))).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }
}
