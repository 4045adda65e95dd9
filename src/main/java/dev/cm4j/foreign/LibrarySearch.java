package dev.cm4j.foreign;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/** Where the native library and its LibTorch may be; every place looked at is noted. */
final class LibrarySearch {
    /**
     * A library that exists.
     *
     * @param file absolute path of the shared library
     * @param copied whether it was unpacked, hence its RUNPATH leads nowhere
     * @param libtorch the LibTorch directory to load ahead of it where its RUNPATH cannot be
     *     trusted
     */
    record Found(Path file, boolean copied, Optional<Path> libtorch) {}

    static final String FILE = "libcm4j.so";

    /** The system property by which an application names LibTorch. */
    static final String LIBTORCH = "cm4j.libtorch";

    private static final String TORCH_FILE = "lib/libtorch_cpu.so";

    private static final String PROPERTIES = "native.properties";

    private final List<String> attempts;

    LibrarySearch(List<String> attempts) {
        this.attempts = attempts;
    }

    Found find() {
        Optional<Path> named = named();
        if (named.isPresent()) {
            Path file = Files.isDirectory(named.get()) ? named.get().resolve(FILE) : named.get();
            if (!Files.isRegularFile(file)) {
                throw new NativeLibraryException(
                        "cm4j.native or CM4J_NATIVE names "
                                + named.get()
                                + ", where there is no "
                                + FILE);
            }
            return built(file);
        }
        for (Path directory : buildDirectories()) {
            Path file = directory.resolve(FILE);
            if (Files.isRegularFile(file)) {
                return built(file);
            }
            attempts.add(file + ": no such file");
        }
        return packed();
    }

    private Optional<Path> named() {
        String value = System.getProperty("cm4j.native", System.getenv("CM4J_NATIVE"));
        if (value == null || value.isBlank()) {
            attempts.add("-Dcm4j.native and CM4J_NATIVE: not set");
            return Optional.empty();
        }
        attempts.add("-Dcm4j.native or CM4J_NATIVE: " + value);
        return Optional.of(Path.of(value).toAbsolutePath());
    }

    /**
     * {@code target/native} beside {@code target/classes} or {@code target/cm4j.jar}, and below the
     * working directory.
     */
    private static List<Path> buildDirectories() {
        List<Path> directories = new ArrayList<>();
        CodeSource source = LibrarySearch.class.getProtectionDomain().getCodeSource();
        if (source != null && source.getLocation() != null) {
            try {
                Path classes = Path.of(source.getLocation().toURI());
                directories.add(classes.resolveSibling("native").toAbsolutePath());
            } catch (URISyntaxException | IllegalArgumentException e) {
                // Classes that come from no file have no neighbours.
            }
        }
        Path working = Path.of("target", "native").toAbsolutePath();
        if (!directories.contains(working)) {
            directories.add(working);
        }
        return directories;
    }

    private Found built(Path file) {
        Properties properties = new Properties();
        Path beside = file.resolveSibling(PROPERTIES);
        if (Files.isRegularFile(beside)) {
            try (InputStream in = Files.newInputStream(beside)) {
                properties.load(in);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + beside, e);
            }
        }
        return new Found(file.toAbsolutePath().normalize(), false, libtorch(properties));
    }

    private Found packed() {
        // The loader sees into all jars; a class that is part of a module sees into its own.
        ClassLoader jars = LibrarySearch.class.getClassLoader();
        String directory = "META-INF/native/" + platform() + "/";
        try (InputStream library = jars.getResourceAsStream(directory + FILE)) {
            if (library == null) {
                attempts.add(directory + FILE + ": not on the class path");
                throw new NativeLibraryException(
                        "the native library was not found; build it with mvn verify, or put the jar"
                                + " natives-"
                                + platform()
                                + " on the class path, or set CM4J_NATIVE to its path."
                                + " Tried: "
                                + String.join("; ", attempts));
            }
            Path file = LibraryCache.ofUser().unpack(library.readAllBytes(), FILE, attempts);
            attempts.add(directory + FILE + ": unpacked to " + file);
            Properties properties = new Properties();
            try (InputStream in = jars.getResourceAsStream(directory + PROPERTIES)) {
                if (in != null) {
                    properties.load(in);
                }
            }
            return new Found(file, true, libtorch(properties));
        } catch (IOException e) {
            throw new NativeLibraryException(
                    "cannot unpack the native library: "
                            + e
                            + "; set CM4J_CACHE to a writable directory",
                    e);
        }
    }

    /** {@code <os>-<arch>}, as the library is filed inside the jar: {@code linux-x86_64}. */
    static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT).replace(" ", "");
        String machine = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return system + "-" + (machine.equals("amd64") ? "x86_64" : machine);
    }

    /**
     * What the application names goes before what the environment does, that before what the build
     * recorded, and last comes the folder that the set-up fetches LibTorch to. A name that somebody
     * gave is taken at its word.
     */
    private Optional<Path> libtorch(Properties properties) {
        Optional<Path> named =
                named("Cm4j.libtorch or -D" + LIBTORCH, System.getProperty(LIBTORCH))
                        .or(() -> named("CM4J_LIBTORCH", System.getenv("CM4J_LIBTORCH")))
                        .or(() -> named("LIBTORCH", System.getenv("LIBTORCH")));
        if (named.isPresent()) {
            return named;
        }
        List<Path> candidates = new ArrayList<>();
        Optional.ofNullable(properties.getProperty("libtorch"))
                .filter(name -> !name.isBlank())
                .map(Path::of)
                .ifPresent(candidates::add);
        Optional.ofNullable(properties.getProperty("torch"))
                .ifPresent(v -> candidates.addAll(LibraryCache.ofUser().libtorch(v)));
        for (Path candidate : candidates) {
            Path root = candidate.toAbsolutePath();
            if (holdsTorch(root)) {
                return Optional.of(root);
            }
            attempts.add(root + ": no " + TORCH_FILE);
        }
        return Optional.empty();
    }

    private Optional<Path> named(String source, String value) {
        if (value == null || value.isBlank()) {
            return Optional.empty();
        }
        Path root = Path.of(value).toAbsolutePath();
        attempts.add(source + ": " + root);
        if (!holdsTorch(root)) {
            throw new NativeLibraryException(
                    source + " names " + root + ", where there is no " + TORCH_FILE);
        }
        return Optional.of(root);
    }

    private static boolean holdsTorch(Path root) {
        return Files.isRegularFile(root.resolve(TORCH_FILE));
    }
}
