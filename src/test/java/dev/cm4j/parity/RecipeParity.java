package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;

/** Networks at their published width, whose weights come from the recipe. */
final class RecipeParity {

    private RecipeParity() {}

    /** One forward pass; about 1.5 GB for the ImageNet network. */
    static void forward(ReferenceCase reference) {
        JsonNode model = reference.get("model");
        try (UNet net = UNet.zeroed(ReferenceNetworks.config(model.path("config"), 0))) {
            net.precision(Precision.F32);
            new WeightRecipe(
                            model.path("recipe_seed").asLong(),
                            model.path("recipe_round16").asBoolean())
                    .fill(net);
            reference.check(
                    "output",
                    net.forward(
                            reference.tensor("x"),
                            reference.tensor("timesteps"),
                            reference.optionalTensor("y")));
        }
    }
}
