package dev.cm4j.foreign;

import dev.cm4j.ffi.Cm4j_h;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds, loads and checks {@code libcm4j.so}, once per process and at the first need.
 *
 * <p>It is looked for in this order, and the first that exists is taken; one that exists but does
 * not load or does not fit is an error, never a reason to try the next:
 *
 * <ol>
 *   <li>{@code -Dcm4j.native} or {@code CM4J_NATIVE}: the file, or the directory it is in;
 *   <li>{@code target/native}, beside the classes or below the working directory;
 *   <li>{@code META-INF/native/<os>-<arch>/} on the class path, unpacked into {@code CM4J_CACHE} or
 *       the user's cache.
 * </ol>
 *
 * Threads: all methods may be called from any thread.
 */
public final class NativeLibrary {
    private static final List<String> ATTEMPTS = new ArrayList<>();
    private static volatile Path loaded;
    private static volatile Path torch;
    private static NativeLibraryException failure;

    private NativeLibrary() {}

    /**
     * Loads the library where that has not happened yet.
     *
     * @throws NativeLibraryException if it is not found, does not load or does not fit; the same at
     *     every call
     */
    public static void load() {
        if (loaded == null) {
            loadOnce();
        }
    }

    /**
     * The file that is loaded.
     *
     * @throws NativeLibraryException if there is none
     */
    public static Path path() {
        load();
        return loaded;
    }

    /**
     * Names the LibTorch to load, before anything native is used.
     *
     * @param root the directory that holds {@code lib/libtorch_cpu.so}
     * @throws IllegalStateException if the native library is loaded already
     */
    public static synchronized void libtorch(Path root) {
        if (loaded != null) {
            throw new IllegalStateException(
                    "LibTorch must be named before its first use; already loaded is " + loaded);
        }
        System.setProperty(LibrarySearch.LIBTORCH, root.toString());
        failure = null;
    }

    /**
     * The LibTorch directory in use, where it is known: named by the application, by the
     * environment or by {@code native.properties}.
     */
    public static Optional<Path> libtorch() {
        return Optional.ofNullable(torch);
    }

    /** What was tried so far and how it went, a sentence each. */
    public static List<String> attempts() {
        synchronized (NativeLibrary.class) {
            return List.copyOf(ATTEMPTS);
        }
    }

    private static synchronized void loadOnce() {
        if (loaded != null) {
            return;
        }
        if (failure != null) {
            throw failure;
        }
        try {
            LibrarySearch.Found found = new LibrarySearch(ATTEMPTS).find();
            open(found);
            checkVersions(found.file());
            ATTEMPTS.add(found.file() + ": loaded");
            loaded = found.file();
        } catch (NativeLibraryException e) {
            failure = e;
            throw e;
        }
    }

    /**
     * The build's RUNPATH is tried first; a copy, which has left its neighbours, gets LibTorch
     * loaded ahead of it.
     */
    private static void open(LibrarySearch.Found found) {
        Optional<Path> root = found.libtorch();
        torch = root.orElse(null);
        if (found.copied()) {
            preload(root);
        }
        try {
            systemLoad(found.file());
        } catch (UnsatisfiedLinkError first) {
            if (found.copied()
                    || root.isEmpty()
                    || !first.getMessage().contains("cannot open shared object")) {
                throw refusal(found, first);
            }
            ATTEMPTS.add(
                    found.file()
                            + ": "
                            + first.getMessage()
                            + "; again with LibTorch of "
                            + root.get());
            preload(root);
            try {
                systemLoad(found.file());
            } catch (UnsatisfiedLinkError second) {
                throw refusal(found, second);
            }
        }
    }

    private static void preload(Optional<Path> root) {
        for (String name : List.of("libc10.so", "libtorch_cpu.so")) {
            Optional<Path> file =
                    root.map(r -> r.resolve("lib").resolve(name)).filter(Files::exists);
            if (file.isEmpty()) {
                continue; // then the loader's own search decides, and its message names what is
                // missing
            }
            try {
                systemLoad(file.get());
                ATTEMPTS.add(file.get() + ": loaded");
            } catch (UnsatisfiedLinkError e) {
                ATTEMPTS.add(file.get() + ": " + e.getMessage());
                throw new NativeLibraryException(
                        "LibTorch does not load: " + e.getMessage() + remedy(e.getMessage()), e);
            }
        }
    }

    private static void systemLoad(Path file) {
        try {
            System.load(file.toString());
        } catch (IllegalCallerException e) {
            Module module = NativeLibrary.class.getModule();
            String name = module.isNamed() ? module.getName() : "ALL-UNNAMED";
            throw new NativeLibraryException(
                    "Java refuses native access; start it with --enable-native-access=" + name, e);
        }
    }

    private static NativeLibraryException refusal(
            LibrarySearch.Found found, UnsatisfiedLinkError error) {
        ATTEMPTS.add(found.file() + ": " + error.getMessage());
        return new NativeLibraryException(
                found.file() + " does not load: " + error.getMessage() + remedy(error.getMessage()),
                error);
    }

    static String remedy(String message) {
        if (message.contains("static TLS")) {
            return "; start Java with LD_PRELOAD=libgomp.so.1 or with"
                    + " GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536";
        }
        if (message.contains("cannot open shared object")) {
            return "; set LIBTORCH to a LibTorch directory, the one that holds lib/libtorch_cpu.so,"
                    + " or name it with Cm4j.libtorch(Path) or -Dcm4j.libtorch";
        }
        return "";
    }

    private static void checkVersions(Path file) {
        Versions versions;
        try {
            versions =
                    new Versions(
                            Cm4j_h.cm_abi_version(),
                            Cm4j_h.cm_torch_version().getString(0),
                            Cm4j_h.cm_torch_runtime_version());
        } catch (LinkageError e) {
            throw new NativeLibraryException(file + " is no cm4j library: " + e, e);
        }
        boolean ignore = "1".equals(System.getenv(Versions.OVERRIDE));
        versions.mismatch(Cm4j_h.CM_ABI_VERSION(), ignore)
                .ifPresent(sentence -> {
                    ATTEMPTS.add(file + ": " + sentence);
                    throw new NativeLibraryException(file + ": " + sentence);
                });
    }
}
