package dev.cm4j.edit;

import dev.cm4j.tensor.Tensor;

/**
 * The lightness of each pixel is known: colourisation.
 *
 * <p>A rotates the colours of a pixel so that the first axis is grey, (0.2989, 0.5870, 0.1140)
 * brought to length 1; that coefficient is known, the other two are made. The measured part has no
 * other.
 *
 * <p>Source: Song et al. 2023, appendix D; the constants of openai/consistency_models.
 */
public final class KnownGrey implements Knowledge {

    private static final int CHANNELS = 3;

    private final Rotation rotation = Rotation.onto(0.2989, 0.5870, 0.1140);

    /** Lightness is known. */
    public KnownGrey() {}

    @Override
    public Tensor measured(Tensor reference) {
        return back(rotation.measured(colours(reference)));
    }

    @Override
    public Tensor impose(Tensor reference, Tensor x) {
        return back(rotation.impose(colours(reference), colours(x)));
    }

    /** The weight of one channel in what is known, for tests. */
    double weight(int channel) {
        return rotation.entry(channel, 0);
    }

    private static Tensor colours(Tensor x) {
        if (x.rank() != 4 || x.size(1) != CHANNELS) {
            throw new IllegalArgumentException("only colour pictures can be coloured, not " + x);
        }
        return x.permute(0, 2, 3, 1); // [N, H, W, 3]
    }

    private static Tensor back(Tensor x) {
        return x.permute(0, 3, 1, 2).contiguous(); // [N, 3, H, W]
    }
}
