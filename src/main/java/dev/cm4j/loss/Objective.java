package dev.cm4j.loss;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * A training method: from clean images to a loss.
 *
 * <p>Objectives keep no state and record gradients themselves, for the online network only.
 */
public interface Objective {

    /**
     * The loss of a batch.
     *
     * @param x0 clean images [N, C, H, W], float32 in [−1, 1], borrowed
     * @param labels class of each image [N], int64, borrowed; empty for unconditional models
     * @param step where the run stands
     * @param online f_θ, which is trained
     * @param target f_θ⁻, which is not; may share the online network
     * @return the loss, owned by the innermost open {@code Scope}; call {@code loss().backward()}
     *     there
     */
    LossTerms evaluate(
            Tensor x0,
            Optional<Tensor> labels,
            StepContext step,
            ConsistencyModel online,
            ConsistencyModel target);

    /**
     * Whether it multiplies its losses with the weight of a {@link WeightHead}, which the run then
     * keeps, trains and hands over in the {@link StepContext}.
     */
    default boolean learnsWeight() {
        return false;
    }

    /**
     * What a pass holds for comparing outputs, beside tensors as large as its pictures.
     *
     * @param images of the pass
     * @param size height and width of the pictures
     * @return in bytes
     */
    default long distanceBytes(int images, int size) {
        return 0;
    }

    /**
     * The numbers of this step, where the objective compares two points of each sample's trajectory
     * and needs nothing else; then {@link #evaluate} and the sequence of {@link PairLevels} are the
     * same.
     *
     * @param x0 clean images [N, C, H, W], borrowed
     * @param step where the run stands
     * @param sigmaData of the scalings
     * @return empty where the step is no such pair
     */
    default Optional<PairLevels> pair(Tensor x0, StepContext step, double sigmaData) {
        return Optional.empty();
    }
}
