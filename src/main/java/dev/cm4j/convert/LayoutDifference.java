package dev.cm4j.convert;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How the weights in a file differ from those a network has, by name and shape.
 *
 * @param missing names the network has and the file has not
 * @param unexpected names the file has and the network has not
 * @param misshapen names with both shapes, as phrases
 */
public record LayoutDifference(
        List<String> missing, List<String> unexpected, List<String> misshapen) {

    private static final int NAMED_AT_MOST = 3;

    /** Takes unmodifiable copies. */
    public LayoutDifference {
        missing = List.copyOf(missing);
        unexpected = List.copyOf(unexpected);
        misshapen = List.copyOf(misshapen);
    }

    /**
     * Compares two layouts.
     *
     * @param found name to shape in the file
     * @param expected name to shape in the network
     * @return the differences, in the order of the names
     */
    public static LayoutDifference between(
            Map<String, long[]> found, Map<String, long[]> expected) {
        List<String> misshapen = new ArrayList<>();
        expected.forEach((name, shape) -> {
            long[] other = found.get(name);
            if (other != null && !Arrays.equals(shape, other)) {
                misshapen.add(
                        name
                                + " is "
                                + Arrays.toString(other)
                                + " and not "
                                + Arrays.toString(shape));
            }
        });
        return new LayoutDifference(
                expected.keySet().stream().filter(name -> !found.containsKey(name)).toList(),
                found.keySet().stream().filter(name -> !expected.containsKey(name)).toList(),
                misshapen);
    }

    /** Whether there is no difference. */
    public boolean isEmpty() {
        return missing.isEmpty() && unexpected.isEmpty() && misshapen.isEmpty();
    }

    /** The differences in a phrase, a few of each kind by name. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        add(parts, missing, "missing");
        add(parts, unexpected, "unknown");
        add(parts, misshapen, "of another shape");
        return parts.isEmpty() ? "no differences" : String.join("; ", parts);
    }

    private static void add(List<String> parts, List<String> names, String what) {
        if (!names.isEmpty()) {
            String some =
                    String.join(", ", names.subList(0, Math.min(NAMED_AT_MOST, names.size())));
            parts.add(
                    names.size()
                            + " "
                            + what
                            + ": "
                            + some
                            + (names.size() > NAMED_AT_MOST ? ", …" : ""));
        }
    }
}
