package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.nn.UNet;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Weights from a name and a seed, so that the largest networks need no files; written down in the
 * README of the reference cases.
 */
final class WeightRecipe {

    private final long seed;
    private final boolean half;

    /**
     * @param seed of all tensors
     * @param half whether values are rounded to float16
     */
    WeightRecipe(long seed, boolean half) {
        this.seed = seed;
        this.half = half;
    }

    /** The recipe that a case names for a network, in either spelling. */
    static WeightRecipe of(JsonNode model) {
        JsonNode named = model.path("weight_recipe");
        return named.isObject()
                ? new WeightRecipe(
                        named.path("seed").asLong(), named.path("round_to_float16").asBoolean())
                : new WeightRecipe(
                        model.path("recipe_seed").asLong(),
                        model.path("recipe_round16").asBoolean());
    }

    /** Overwrites every weight of a network where it lies. */
    void fill(UNet net) {
        for (String name : net.parameterNames()) {
            try (Scope _ = Scope.open()) {
                Tensor weight = net.parameter(name);
                fill(name, weight.shape(), weight.asSegment());
            }
        }
    }

    /** Writes the values of one tensor as float32. */
    void fill(String name, long[] shape, MemorySegment to) {
        RecipeNumbers numbers = new RecipeNumbers(name, seed);
        boolean table = name.equals("label_emb.weight");
        boolean gain = shape.length == 1 && name.endsWith("weight");
        double scale =
                table
                        ? 1
                        : shape.length > 1
                                ? Math.sqrt(
                                        3.0
                                                / Arrays.stream(shape)
                                                        .skip(1)
                                                        .reduce(1, (a, b) -> a * b))
                                : gain ? 0.3 : 0.2;
        double offset = gain ? 1 : 0;
        long count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        for (long i = 0; i < count; i++) {
            float value = (float) (offset + scale * numbers.uniform(i));
            to.setAtIndex(
                    ValueLayout.JAVA_FLOAT_UNALIGNED,
                    i,
                    half ? Float.float16ToFloat(Float.floatToFloat16(value)) : value);
        }
    }
}
