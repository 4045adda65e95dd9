package dev.cm4j.parity;

import dev.cm4j.nn.UNet;

/** Networks at their published width, whose weights come from the recipe. */
final class RecipeParity {

    private RecipeParity() {}

    /** One forward pass; about 1.5 GB for the ImageNet network. */
    static void forward(ReferenceCase reference) {
        try (UNet net = ReferenceNetworks.load(reference, reference.get("model"))) {
            reference.check(
                    "output",
                    net.forward(
                            reference.tensor("x"),
                            reference.tensor("timesteps"),
                            reference.optionalTensor("y")));
        }
    }
}
