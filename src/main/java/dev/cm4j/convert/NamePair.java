package dev.cm4j.convert;

import java.util.Arrays;
import java.util.Objects;

/**
 * One tensor of diffusers and the original's tensor it comes from.
 *
 * @param openAi the original's name
 * @param openAiShape its sizes there
 * @param diffusers diffusers' name
 * @param diffusersShape its sizes there
 * @param operation how one becomes the other
 */
public record NamePair(
        String openAi,
        long[] openAiShape,
        String diffusers,
        long[] diffusersShape,
        Operation operation) {

    /** How the original's tensor becomes that of diffusers. */
    public enum Operation {
        /** The same tensor. */
        COPY("copy", -1),
        /** A 1×1 convolution [C, C, 1, 1] as a matrix [C, C]. */
        SQUEEZE("squeeze", -1),
        /** The first third of the rows of qkv. */
        QUERY("rows of q", 0),
        /** The second third. */
        KEY("rows of k", 1),
        /** The last third. */
        VALUE("rows of v", 2);

        private final String words;
        private final int third;

        Operation(String words, int third) {
            this.words = words;
            this.third = third;
        }

        /** In words. */
        public String words() {
            return words;
        }

        /** Which third of qkv this takes, from 0; −1 where it takes all. */
        int third() {
            return third;
        }
    }

    /** Takes copies. */
    public NamePair {
        Objects.requireNonNull(openAi, "openAi");
        Objects.requireNonNull(diffusers, "diffusers");
        Objects.requireNonNull(operation, "operation");
        openAiShape = openAiShape.clone();
        diffusersShape = diffusersShape.clone();
    }

    @Override
    public long[] openAiShape() {
        return openAiShape.clone();
    }

    @Override
    public long[] diffusersShape() {
        return diffusersShape.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof NamePair pair
                && openAi.equals(pair.openAi)
                && diffusers.equals(pair.diffusers)
                && operation == pair.operation
                && Arrays.equals(openAiShape, pair.openAiShape)
                && Arrays.equals(diffusersShape, pair.diffusersShape);
    }

    @Override
    public int hashCode() {
        return Objects.hash(openAi, diffusers, operation);
    }

    @Override
    public String toString() {
        return "%s %s → %s %s, %s"
                .formatted(
                        openAi,
                        Arrays.toString(openAiShape),
                        diffusers,
                        Arrays.toString(diffusersShape),
                        operation.words());
    }
}
