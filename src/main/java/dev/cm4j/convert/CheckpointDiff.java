package dev.cm4j.convert;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.WriteProgress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * How the tensors of one checkpoint differ from those of another.
 *
 * @param missing names only the first has
 * @param extra names only the second has
 * @param misshapen names with both shapes, as phrases
 * @param different tensors with other numbers
 * @param otherTypes number of tensors with equal numbers and another element type
 * @param equal number of tensors with equal numbers
 */
public record CheckpointDiff(
        List<String> missing,
        List<String> extra,
        List<String> misshapen,
        List<Difference> different,
        int otherTypes,
        int equal) {

    /**
     * A tensor with other numbers.
     *
     * @param name its name
     * @param elements how many elements differ
     * @param largest the largest absolute difference; NaN where a number stands against none
     */
    public record Difference(String name, long elements, double largest) {}

    /** Takes unmodifiable copies. */
    public CheckpointDiff {
        missing = List.copyOf(missing);
        extra = List.copyOf(extra);
        misshapen = List.copyOf(misshapen);
        different = List.copyOf(different);
    }

    /**
     * Compares every tensor.
     *
     * @param first tensors of any element types
     * @param second the same
     * @param progress hears of each tensor of the first, counted in tensors
     * @return the differences in the order of the first
     */
    public static CheckpointDiff of(
            Map<String, TensorEntry> first,
            Map<String, TensorEntry> second,
            WriteProgress progress) {
        List<String> missing = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        List<Difference> different = new ArrayList<>();
        int otherTypes = 0;
        int equal = 0;
        long total = first.size();
        long done = 0;
        for (String name : first.keySet()) {
            progress.progressed(++done, total);
            if (!second.containsKey(name)) {
                missing.add(name);
                continue;
            }
            TensorEntry a = first.get(name);
            TensorEntry b = second.get(name);
            if (!Arrays.equals(a.shape(), b.shape())) {
                misshapen.add(
                        name
                                + " "
                                + Arrays.toString(a.shape())
                                + " against "
                                + Arrays.toString(b.shape()));
                continue;
            }
            Difference difference = difference(a, b);
            if (difference.elements() > 0) {
                different.add(difference);
            } else {
                equal++;
                otherTypes += a.dtype() == b.dtype() ? 0 : 1;
            }
        }
        List<String> extra =
                second.keySet().stream().filter(name -> !first.containsKey(name)).toList();
        return new CheckpointDiff(missing, extra, misshapen, different, otherTypes, equal);
    }

    /** Whether names, shapes and numbers are all the same; element types may differ. */
    public boolean isEmpty() {
        return missing.isEmpty() && extra.isEmpty() && misshapen.isEmpty() && different.isEmpty();
    }

    /** Whether element types are the same too. */
    public boolean isIdentical() {
        return isEmpty() && otherTypes == 0;
    }

    private static Difference difference(TensorEntry a, TensorEntry b) {
        if (a.dtype() == b.dtype() && a.data().mismatch(b.data()) < 0) {
            return new Difference(a.name(), 0, 0);
        }
        long elements = 0;
        double largest = 0;
        for (long i = 0, count = a.elementCount(); i < count; i++) {
            double x = Elements.get(a.data(), a.dtype(), i);
            double y = Elements.get(b.data(), b.dtype(), i);
            boolean same = x == y || (Double.isNaN(x) && Double.isNaN(y));
            if (!same) {
                elements++;
                double distance = Math.abs(x - y);
                if (Double.isNaN(distance) || distance > largest) {
                    largest = distance;
                }
            }
        }
        return new Difference(a.name(), elements, largest);
    }
}
