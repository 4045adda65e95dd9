package dev.cm4j.loss;

import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/** Noise and the pictures that a teacher's deterministic sampler makes of it, numbered from 0. */
public interface Pairs {

    /**
     * How many there are.
     *
     * @return at least 1
     */
    int count();

    /**
     * The noise of some pairs.
     *
     * @param numbers each 0 to count − 1
     * @return z [numbers, C, H, W], standard normal, float32, owned by the innermost open scope
     */
    Tensor noise(long[] numbers);

    /**
     * The pictures of some pairs.
     *
     * @param numbers each 0 to count − 1
     * @return [numbers, C, H, W] in [−1, 1], float32, owned by the innermost open scope
     */
    Tensor pictures(long[] numbers);

    /**
     * The classes of some pairs.
     *
     * @param numbers each 0 to count − 1
     * @return [numbers] int64, empty where the teacher knows no classes
     */
    Optional<Tensor> labels(long[] numbers);
}
