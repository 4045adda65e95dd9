package dev.cm4j.data;

import dev.cm4j.tensor.Tensor;
import java.util.Optional;

/**
 * Some images on their way into a network.
 *
 * @param images [N, C, H, W] float32 in [−1, 1]
 * @param labels [N] int64, empty where the data has none
 * @param firstIndex number of the first image in the whole run, counted over all epochs; with the
 *     run's seed it names each image's noise
 */
public record Batch(Tensor images, Optional<Tensor> labels, long firstIndex) {

    /**
     * Number of images.
     *
     * @return N
     */
    public int size() {
        return (int) images.size(0);
    }
}
