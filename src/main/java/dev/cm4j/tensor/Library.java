package dev.cm4j.tensor;

import dev.cm4j.foreign.NativeLibrary;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The native library as it is loaded here: what it was built with and what it found. */
public final class Library {
    private Library() {}

    /** Facts by name, in order: isa, kernels, precision, threads, cores, cuda, compiler, onednn. */
    public static Map<String, String> info() {
        Map<String, String> facts = new LinkedHashMap<>();
        for (String line : LibraryNative.info().split("\n")) {
            int equals = line.indexOf('=');
            if (equals > 0) {
                facts.put(line.substring(0, equals), line.substring(equals + 1));
            }
        }
        return Collections.unmodifiableMap(facts);
    }

    /** The version of the native library, "0.1.0". */
    public static String version() {
        return LibraryNative.version();
    }

    /** The LibTorch release it was compiled against, "2.15.0". */
    public static String torchVersion() {
        return LibraryNative.torchVersion();
    }

    /** The loaded file. */
    public static Path path() {
        return NativeLibrary.path();
    }

    /** The LibTorch directory, where it is known. */
    public static Optional<Path> libtorch() {
        return NativeLibrary.libtorch();
    }

    /**
     * Names the LibTorch to load; goes before what the environment says.
     *
     * @param root the directory that holds {@code lib/libtorch_cpu.so}
     * @throws IllegalStateException if something native was used already
     */
    public static void libtorch(Path root) {
        NativeLibrary.libtorch(root);
    }

    /**
     * Where the library was looked for and what came of it, a sentence each; also after a failure.
     */
    public static List<String> attempts() {
        return NativeLibrary.attempts();
    }

    /** Usable CUDA devices; 0 where the plug-in is not loaded. */
    public static int cudaDevices() {
        return LibraryNative.cudaDevices();
    }

    /**
     * Loads the CUDA plug-in.
     *
     * @throws dev.cm4j.foreign.TorchException if there is no device or the file does not fit
     */
    public static void loadCuda(Path plugin) {
        LibraryNative.loadCuda(plugin.toString());
    }
}
