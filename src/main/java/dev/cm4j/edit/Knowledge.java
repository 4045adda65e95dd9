package dev.cm4j.edit;

import dev.cm4j.tensor.Tensor;

/**
 * What is known of a picture: an orthogonal map A and a mask Ω, 1 where something shall be made.
 *
 * <pre>
 *   measured  y ← A⁻¹[(A y) ⊙ (1 − Ω)]
 *   imposed   x ← A⁻¹[(A y) ⊙ (1 − Ω) + (A x) ⊙ Ω]
 * </pre>
 *
 * Source: Song et al. 2023, algorithm 4.
 */
public sealed interface Knowledge permits KnownPixels, KnownGrey, KnownMeans, NothingKnown {

    /**
     * The part of a picture that is known, as a picture.
     *
     * @param reference y [N, C, H, W], float32, borrowed
     * @return the same shape, owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if the shape does not allow this knowledge
     */
    Tensor measured(Tensor reference);

    /**
     * Puts what is known into other pictures.
     *
     * @param reference y [N, C, H, W], float32, whole or only its measured part, borrowed
     * @param x pictures of the same shape, borrowed
     * @return x with the known part of y, owned by the innermost open {@code Scope}
     * @throws IllegalArgumentException if the shape does not allow this knowledge
     */
    Tensor impose(Tensor reference, Tensor x);
}
