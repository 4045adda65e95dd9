package dev.cm4j.compare;

import dev.cm4j.Cm4j;
import dev.cm4j.train.Hardware;
import java.util.Map;

/**
 * What times and energies depend on beside the arithmetic: numbers of another machine, of other
 * kernels or of another version are measured anew.
 *
 * @param processor its name
 * @param kernels the way the native library computes
 * @param version of cm4j
 */
record Surroundings(String processor, String kernels, String version) {

    /** Those of this process. */
    static Surroundings here() {
        return of(Hardware.here().facts());
    }

    static Surroundings of(Map<String, String> facts) {
        return new Surroundings(
                facts.getOrDefault("processor", "unknown processor"),
                facts.getOrDefault("native kernels", "unknown kernels"),
                Cm4j.VERSION);
    }

    /** All of it, for a key. */
    String words() {
        return "%s, kernels %s, cm4j %s".formatted(processor, kernels, version);
    }
}
