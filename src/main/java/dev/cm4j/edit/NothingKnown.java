package dev.cm4j.edit;

import dev.cm4j.tensor.Tensor;

/**
 * A picture that is only a start: A = I, Ω = 1. With a first noise level below T the result keeps
 * what that noise does not drown.
 *
 * <p>Source: Meng et al. 2022, SDEdit; Song et al. 2023, section 6.3.
 */
public record NothingKnown() implements Knowledge {

    /** The picture itself, from which the noise starts. */
    @Override
    public Tensor measured(Tensor reference) {
        return reference;
    }

    @Override
    public Tensor impose(Tensor reference, Tensor x) {
        return x;
    }
}
