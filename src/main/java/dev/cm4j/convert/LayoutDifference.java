package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How the weights in a file differ from those a network has, by name and shape.
 *
 * @param missing names the network has and the file has not
 * @param unknown names the file has and the network has not
 * @param misshapen names with both shapes, as phrases
 */
record LayoutDifference(List<String> missing, List<String> unknown, List<String> misshapen) {

    private static final int NAMED_AT_MOST = 3;

    /** Takes unmodifiable copies. */
    LayoutDifference {
        missing = List.copyOf(missing);
        unknown = List.copyOf(unknown);
        misshapen = List.copyOf(misshapen);
    }

    /** Whether a tensor's shape will do for a weight of a network. */
    @FunctionalInterface
    interface Fit {
        boolean fits(String name, long[] expected, long[] found);
    }

    /**
     * Compares two layouts.
     *
     * @param found name to shape in the file
     * @param expected name to shape in the network
     * @return the differences, in the order of the names
     */
    static LayoutDifference between(Map<String, long[]> found, Map<String, long[]> expected) {
        return between(found, expected, (_, shape, other) -> Arrays.equals(shape, other));
    }

    /**
     * Compares two layouts where some shapes may be written in several ways.
     *
     * @param found name to shape in the file
     * @param expected name to shape in the network
     * @param fit which shapes will do
     * @return the differences, in the order of the names
     */
    static LayoutDifference between(
            Map<String, long[]> found, Map<String, long[]> expected, Fit fit) {
        List<String> misshapen = new ArrayList<>();
        expected.forEach((name, shape) -> {
            long[] other = found.get(name);
            if (other != null && !fit.fits(name, shape, other)) {
                misshapen.add(
                        "%s is %s and not %s"
                                .formatted(name, Arrays.toString(other), Arrays.toString(shape)));
            }
        });
        return new LayoutDifference(
                expected.keySet().stream().filter(name -> !found.containsKey(name)).toList(),
                found.keySet().stream().filter(name -> !expected.containsKey(name)).toList(),
                misshapen);
    }

    /** The shapes of tensors, in their order. */
    static Map<String, long[]> shapes(Map<String, TensorEntry> tensors) {
        Map<String, long[]> shapes = new LinkedHashMap<>();
        tensors.forEach((name, entry) -> shapes.put(name, entry.shape()));
        return shapes;
    }

    /** Whether there is no difference. */
    boolean isEmpty() {
        return missing.isEmpty() && unknown.isEmpty() && misshapen.isEmpty();
    }

    /** The differences in a phrase, a few of each kind by name. */
    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        add(parts, missing, "missing");
        add(parts, unknown, "unknown");
        add(parts, misshapen, "of another shape");
        return parts.isEmpty() ? "no differences" : String.join("; ", parts);
    }

    private static void add(List<String> parts, List<String> names, String what) {
        if (!names.isEmpty()) {
            String some =
                    String.join(", ", names.subList(0, Math.min(NAMED_AT_MOST, names.size())));
            String more = names.size() > NAMED_AT_MOST ? ", …" : "";
            parts.add(names.size() + " " + what + ": " + some + more);
        }
    }
}
