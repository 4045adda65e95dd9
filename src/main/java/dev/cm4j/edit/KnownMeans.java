package dev.cm4j.edit;

import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * The mean of each p×p patch is known: super-resolution by p.
 *
 * <p>A rotates the p² pixels of a patch so that the first axis is their mean, all 1/p; that
 * coefficient is known, the other p² − 1 are made. The measured part has patches of one value.
 *
 * <p>Source: Song et al. 2023, appendix D; openai/consistency_models, where p is always 8.
 */
public final class KnownMeans implements Knowledge {

    private final int factor;
    private final Rotation rotation;

    /**
     * Means of patches.
     *
     * @param factor p, at least 2
     * @throws IllegalArgumentException if it is less
     */
    public KnownMeans(int factor) {
        if (factor < 2) {
            throw new IllegalArgumentException(
                    "pictures are enlarged 2 times at least, not " + factor);
        }
        double[] direction = new double[factor * factor];
        Arrays.fill(direction, 1.0 / factor);
        this.factor = factor;
        this.rotation = Rotation.onto(direction);
    }

    /** p, side of a patch in pixels. */
    public int factor() {
        return factor;
    }

    @Override
    public Tensor measured(Tensor reference) {
        return joined(rotation.measured(patches(reference)), reference);
    }

    @Override
    public Tensor impose(Tensor reference, Tensor x) {
        return joined(rotation.impose(patches(reference), patches(x)), x);
    }

    private Tensor patches(Tensor x) {
        long[] n = x.shape();
        if (n.length != 4 || n[2] % factor != 0 || n[3] % factor != 0) {
            throw new IllegalArgumentException(
                    "pictures %s do not divide into patches of %dx%d pixels"
                            .formatted(Arrays.toString(n), factor, factor));
        }
        return x.reshape(n[0], n[1], n[2] / factor, factor, n[3] / factor, factor)
                .permute(0, 1, 2, 4, 3, 5)
                .reshape(n[0], n[1], n[2] / factor, n[3] / factor, (long) factor * factor);
    }

    private Tensor joined(Tensor patches, Tensor like) {
        long[] n = like.shape();
        return patches.reshape(n[0], n[1], n[2] / factor, n[3] / factor, factor, factor)
                .permute(0, 1, 2, 4, 3, 5)
                .reshape(n);
    }
}
