package dev.cm4j.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A tensor of a file with elements of a type that no tensor of cm4j can have, such as {@code
 * F8_E4M3}: known by name, and refused when it is asked for.
 *
 * @param name the tensor's name, letter for letter
 * @param type the type as the file names it
 * @param shape sizes, empty for a single value
 */
public record UnreadTensor(String name, String type, long[] shape) {

    private static final int SHOWN = 3;

    public UnreadTensor {
        shape = shape.clone();
    }

    /**
     * The sizes.
     *
     * @return a new array, empty for a single value
     */
    @Override
    public long[] shape() {
        return shape.clone();
    }

    /** Some of them in words, {@code a of type U16, b of type F8_E4M3 and 4 more}. */
    public static String words(List<UnreadTensor> tensors) {
        String first =
                tensors.stream()
                        .limit(SHOWN)
                        .map(tensor -> TensorName.shown(tensor.name) + " of type " + tensor.type)
                        .collect(Collectors.joining(", "));
        int more = tensors.size() - SHOWN;
        return more > 0 ? first + " and " + more + " more" : first;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof UnreadTensor tensor
                && name.equals(tensor.name)
                && type.equals(tensor.type)
                && Arrays.equals(shape, tensor.shape);
    }

    @Override
    public int hashCode() {
        return 31 * name.hashCode() + type.hashCode();
    }

    @Override
    public String toString() {
        return name + " " + type + Arrays.toString(shape);
    }
}
