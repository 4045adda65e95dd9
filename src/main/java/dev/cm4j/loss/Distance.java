package dev.cm4j.loss;

import dev.cm4j.tensor.Tensor;

/** How far two images are apart, for each sample of a batch. */
public sealed interface Distance permits L1, L2, Linf, L2Norm, L2At32, PseudoHuber, Lpips {

    /**
     * d(a, b) of each sample.
     *
     * @param a images [N, C, H, W], borrowed
     * @param b images of the same shape, borrowed
     * @return distances [N], not negative, with a gradient where gradients are recorded
     */
    Tensor perSample(Tensor a, Tensor b);

    /**
     * What a recorded comparison holds beside tensors as large as its pictures.
     *
     * @param images N
     * @param size height and width of the pictures
     * @return in bytes
     */
    default long bytes(int images, int size) {
        return 0;
    }
}
