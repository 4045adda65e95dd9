package dev.cm4j.compare;

import dev.cm4j.preset.ConfigText;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Comparisons as YAML; keys are the names of the records' components in snake case. */
public final class ComparisonFile {

    private static final String QUICK = "quick.yaml";

    /** What a file may leave out. */
    private static final Map<String, Object> GIVEN =
            Map.of("seeds", List.of(0L), "published", true);

    private ComparisonFile() {}

    /**
     * Reads a comparison.
     *
     * @param file YAML
     * @throws dev.cm4j.preset.PresetException naming the key, if it does not fit
     * @throws UncheckedIOException if it cannot be read
     */
    public static ComparisonConfig read(Path file) {
        try {
            return parse(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }

    /** The comparison of drawn digits that comes with cm4j and takes minutes. */
    public static ComparisonConfig quick() {
        return parse(resource(QUICK), QUICK);
    }

    static ComparisonConfig parse(String text, String origin) {
        return ConfigText.read(text, origin, ComparisonConfig.class, GIVEN);
    }

    /** A text that lies beside this class. */
    static String resource(String name) {
        try (InputStream in = ComparisonFile.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from this build");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
    }
}
