package dev.cm4j.loss;

import dev.cm4j.tensor.Tensor;

/** What keeps the tangent of continuous-time training from growing without bound. */
public sealed interface Tangent permits NormalisedTangent, ClippedTangent {

    /**
     * The tangent that is trained on.
     *
     * @param g tangents [N, C, H, W], without gradient
     * @return shape of g
     */
    Tensor limited(Tensor g);
}
