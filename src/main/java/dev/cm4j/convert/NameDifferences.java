package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How the tensors of a file differ from those of a network.
 *
 * @param missing names that the file lacks
 * @param unexpected names that the network lacks
 * @param misshapen tensors whose sizes differ, with both
 */
record NameDifferences(List<String> missing, List<String> unexpected, List<String> misshapen) {

    private static final int NAMED_AT_MOST = 8;

    static NameDifferences of(Map<String, long[]> expected, Map<String, TensorEntry> actual) {
        List<String> missing = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        expected.forEach((name, shape) -> {
            if (!actual.containsKey(name)) {
                missing.add(name);
                return;
            }
            long[] given = actual.get(name).shape();
            if (!DiffusersNames.fits(name, shape, given)) {
                misshapen.add(
                        "%s is %s, not %s"
                                .formatted(name, Arrays.toString(given), Arrays.toString(shape)));
            }
        });
        List<String> unexpected =
                actual.keySet().stream().filter(name -> !expected.containsKey(name)).toList();
        return new NameDifferences(missing, unexpected, misshapen);
    }

    /** All differences as part of a sentence, empty where there are none. */
    Optional<String> words() {
        List<String> parts = new ArrayList<>();
        add(parts, missing, "missing");
        add(parts, unexpected, "unexpected");
        add(parts, misshapen, "of another shape");
        return parts.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", parts));
    }

    void throwIfAny(String network) {
        words().ifPresent(words -> {
            throw new IllegalArgumentException(
                    "the tensors are not those of " + network + ": " + words);
        });
    }

    private static void add(List<String> parts, List<String> names, String what) {
        if (!names.isEmpty()) {
            String more = names.size() > NAMED_AT_MOST ? ", …" : "";
            String some =
                    String.join(", ", names.subList(0, Math.min(NAMED_AT_MOST, names.size())));
            parts.add(names.size() + " " + what + ": " + some + more);
        }
    }
}
