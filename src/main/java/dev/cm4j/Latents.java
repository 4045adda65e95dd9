package dev.cm4j;

import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * The noise that pictures start from, in place of what the seed would give.
 *
 * @param shape N, C, H, W
 * @param values standard normal numbers, row-major; the pipeline itself multiplies by T, as
 *     diffusers does. Shared, not copied
 */
public record Latents(List<Integer> shape, float[] values) {

    /**
     * @throws IllegalArgumentException unless there are four positive sizes and as many values
     */
    public Latents {
        shape = List.copyOf(shape);
        if (shape.size() != 4 || shape.stream().anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException(
                    "latents have four positive sizes N, C, H, W, not " + shape);
        }
        long count = shape.stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact);
        if (values.length != count) {
            throw new IllegalArgumentException(
                    "latents of " + shape + " are " + count + " values, not " + values.length);
        }
    }

    /**
     * Copies a tensor.
     *
     * @param noise [N, C, H, W] of any floating type, standard normal, borrowed
     * @return the latents, free of threads and scopes
     * @throws IllegalArgumentException if it has another number of dimensions
     */
    public static Latents of(Tensor noise) {
        return new Latents(
                Arrays.stream(noise.shape()).mapToObj(Math::toIntExact).toList(), noise.toFloats());
    }

    /**
     * The rows of some pictures.
     *
     * @param first number of the first picture
     * @param count how many
     * @return [count, C, H, W], float32, owned by the innermost open {@code Scope}
     */
    Tensor rows(int first, int count) {
        int row = values.length / shape.getFirst();
        float[] part = Arrays.copyOfRange(values, first * row, (first + count) * row);
        return Tensor.of(part, count, shape.get(1), shape.get(2), shape.get(3));
    }

    /** Compares the values themselves. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Latents latents
                && shape.equals(latents.shape)
                && Arrays.equals(values, latents.values);
    }

    @Override
    public int hashCode() {
        return 31 * shape.hashCode() + Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        return "Latents" + shape;
    }
}
