package dev.cm4j.testing;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where tests find real data and reference cases; a test that needs an absent one is skipped. */
public final class SharedData {

    private SharedData() {}

    /**
     * A file or folder of the shared data.
     *
     * @param name path below {@code $CM4J_DATA}, or below {@code ../shared/data}
     * @return the path, which exists; otherwise the test is skipped with a message
     */
    public static Path require(String name) {
        Path root =
                Path.of(Optional.ofNullable(System.getenv("CM4J_DATA")).orElse("../shared/data"));
        return existing(root.resolve(name), "set CM4J_DATA to the folder of real data");
    }

    /**
     * A file or folder of the reference cases.
     *
     * @param name path below the system property {@code cm4j.reference}, or {@code
     *     ../shared/reference}
     * @return the path, which exists; otherwise the test is skipped with a message
     */
    public static Path requireReference(String name) {
        Path root = Path.of(System.getProperty("cm4j.reference", "../shared/reference"));
        return existing(root.resolve(name), "set -Dcm4j.reference to the folder of cases");
    }

    private static Path existing(Path path, String remedy) {
        assumeTrue(Files.exists(path), () -> "skipped: " + path + " is not here; " + remedy);
        return path;
    }
}
