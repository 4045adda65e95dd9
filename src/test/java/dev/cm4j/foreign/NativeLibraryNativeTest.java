package dev.cm4j.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Loading, in this process and in others that cannot succeed. */
class NativeLibraryNativeTest {
    @TempDir Path directory;

    /** What the other process runs. */
    static final class Load {
        public static void main(String[] args) {
            try {
                NativeLibrary.load();
                System.out.println("loaded " + NativeLibrary.path());
            } catch (NativeLibraryException first) {
                System.out.println("refused " + first.getMessage());
                try {
                    NativeLibrary.load();
                } catch (NativeLibraryException again) {
                    System.out.println(again == first ? "same again" : "another: " + again);
                }
            }
            NativeLibrary.attempts().forEach(attempt -> System.out.println("attempt " + attempt));
        }
    }

    @Test
    void loads_and_tells_what_it_did() {
        NativeLibrary.load();
        assertTrue(Files.isRegularFile(NativeLibrary.path()));
        assertTrue(NativeLibrary.attempts().contains(NativeLibrary.path() + ": loaded"));
        NativeLibrary.libtorch()
                .ifPresent(root ->
                        assertTrue(
                                Files.exists(root.resolve("lib/libtorch_cpu.so")),
                                root.toString()));
    }

    @Test
    void a_named_library_that_is_missing_is_an_error() throws Exception {
        String output = java("-Dcm4j.native=" + directory.resolve("nowhere.so"));
        assertTrue(output.contains("refused cm4j.native or CM4J_NATIVE names"), output);
        assertTrue(output.contains("nowhere.so") && output.contains("same again"), output);
    }

    @Test
    void a_directory_may_be_named() throws Exception {
        String output = java("-Dcm4j.native=" + NativeLibrary.path().getParent());
        assertTrue(output.contains("loaded " + NativeLibrary.path()), output);
    }

    @Test
    void a_named_libtorch_that_is_missing_is_an_error() throws Exception {
        Path nowhere = directory.resolve("nowhere");
        List<String> command = command("-Dcm4j.native=" + NativeLibrary.path());
        command.add(1, "-Dcm4j.libtorch=" + nowhere);
        String sentence = " names " + nowhere + ", where there is no lib/libtorch_cpu.so";
        String output = run(command);
        assertTrue(output.contains("refused Cm4j.libtorch or -Dcm4j.libtorch" + sentence), output);
        assertTrue(output.contains("same again"), output);
        var builder = new ProcessBuilder(command("-Dcm4j.native=" + NativeLibrary.path()));
        builder.environment().put("LIBTORCH", nowhere.toString());
        builder.environment().remove("CM4J_LIBTORCH");
        output = run(builder);
        assertTrue(output.contains("refused LIBTORCH" + sentence), output);
        assertThrows(IllegalStateException.class, () -> NativeLibrary.libtorch(directory));
    }

    @Test
    void a_file_that_is_no_library_is_refused_with_the_loaders_words() throws Exception {
        Path file = directory.resolve("libcm4j.so");
        Files.writeString(file, "no library");
        String output = java("-Dcm4j.native=" + file);
        assertTrue(output.contains("refused " + file + " does not load:"), output);
        assertTrue(output.contains("attempt " + file), output);
    }

    @Test
    void a_foreign_library_is_refused() throws Exception {
        Path libjava = Path.of(System.getProperty("java.home"), "lib", "libjava.so");
        assumeTrue(Files.exists(libjava), "this Java has no libjava.so");
        String output = java("-Dcm4j.native=" + libjava);
        assertTrue(output.contains("is no cm4j library"), output);
    }

    @Test
    void native_access_that_is_denied_names_the_flag() throws Exception {
        assumeTrue(
                Runtime.version().feature() >= 24, "native access cannot be denied before Java 24");
        List<String> command = command("-Dcm4j.native=" + NativeLibrary.path());
        command.remove("--enable-native-access=ALL-UNNAMED");
        command.add(1, "--illegal-native-access=deny");
        String output = run(command);
        assertTrue(output.contains("--enable-native-access=ALL-UNNAMED"), output);
    }

    @Test
    void remedies_for_what_the_loader_says() {
        assertTrue(
                NativeLibrary.remedy("cannot allocate memory in static TLS block")
                        .contains("LD_PRELOAD=libgomp"));
        assertTrue(
                NativeLibrary.remedy(
                                "libtorch_cpu.so: cannot open shared object file: No such file")
                        .contains("set LIBTORCH"));
        assertEquals("", NativeLibrary.remedy("something else"));
    }

    @Test
    void a_search_notes_every_place() {
        List<String> attempts = new ArrayList<>();
        String before = System.getProperty("cm4j.native");
        System.setProperty("cm4j.native", directory.toString());
        try {
            var error =
                    assertThrows(
                            NativeLibraryException.class, () -> new LibrarySearch(attempts).find());
            assertTrue(error.getMessage().contains(directory.toString()), error.getMessage());
            assertEquals(List.of("-Dcm4j.native or CM4J_NATIVE: " + directory), attempts);
        } finally {
            if (before == null) {
                System.clearProperty("cm4j.native");
            } else {
                System.setProperty("cm4j.native", before);
            }
        }
    }

    @Test
    void a_packed_library_is_unpacked_into_the_cache() throws Exception {
        Path classes = directory.resolve("packed").resolve("classes");
        copyTree(ownClasses(), classes.resolve("dev"));
        Path inside = classes.resolve("META-INF/native").resolve(LibrarySearch.platform());
        Files.createDirectories(inside);
        Files.copy(NativeLibrary.path(), inside.resolve(LibrarySearch.FILE));
        Path properties = NativeLibrary.path().resolveSibling("native.properties");
        if (Files.exists(properties)) {
            Files.copy(properties, inside.resolve("native.properties"));
        }
        String output = run(elsewhere(classes));
        Path cache = directory.resolve("cache").resolve("native");
        assertTrue(output.contains("loaded " + cache), output);
        assertTrue(output.contains("unpacked to " + cache), output);
    }

    @Test
    void without_any_library_every_place_is_named() throws Exception {
        Path classes = directory.resolve("bare").resolve("classes");
        copyTree(ownClasses(), classes.resolve("dev"));
        String output = run(elsewhere(classes));
        assertTrue(output.contains("refused the native library was not found"), output);
        assertTrue(output.contains("mvn verify"), output);
        for (String place : List.of("bare/native/libcm4j.so", "target/native/libcm4j.so")) {
            assertTrue(output.contains(directory.resolve(place) + ": no such file"), output);
        }
        assertTrue(output.contains("META-INF/native/" + LibrarySearch.platform()), output);
    }

    /** A process of these classes in a directory with no build in it. */
    private ProcessBuilder elsewhere(Path classes) {
        var builder = new ProcessBuilder(command("-Dcm4j.native=", classes.toString()));
        builder.directory(directory.toFile());
        builder.environment().remove("CM4J_NATIVE");
        builder.environment().put("CM4J_CACHE", directory.resolve("cache").toString());
        return builder;
    }

    private static Path ownClasses() {
        return Path.of(location(NativeLibrary.class)).resolve("dev");
    }

    private static void copyTree(Path from, Path to) throws IOException {
        try (var files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private String java(String property) throws IOException, InterruptedException {
        return run(command(property));
    }

    private static List<String> command(String property) {
        return command(property, location(NativeLibrary.class));
    }

    private static List<String> command(String property, String classes) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add(property);
        command.add("-cp");
        command.add(String.join(File.pathSeparator, classes, location(Load.class)));
        command.add(Load.class.getName());
        return command;
    }

    private static String location(Class<?> type) {
        return Path.of(
                        URI.create(
                                type.getProtectionDomain()
                                        .getCodeSource()
                                        .getLocation()
                                        .toString()))
                .toString();
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        return run(new ProcessBuilder(command));
    }

    private static String run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
