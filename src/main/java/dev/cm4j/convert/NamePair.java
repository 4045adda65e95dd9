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
        COPY("copy"),
        /** A 1×1 convolution [C, C, 1, 1] as a matrix [C, C]. */
        SQUEEZE("squeeze"),
        /** The first third of the rows of qkv. */
        QUERY("rows of q"),
        /** The second third. */
        KEY("rows of k"),
        /** The last third. */
        VALUE("rows of v");

        private final String words;

        Operation(String words) {
            this.words = words;
        }

        /** In words. */
        public String words() {
            return words;
        }

        /** Which third of qkv this takes, from 0; −1 where it takes all. */
        int third() {
            return ordinal() - QUERY.ordinal() < 0 ? -1 : ordinal() - QUERY.ordinal();
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
