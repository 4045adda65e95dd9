package dev.cm4j.sample;

import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/** Recorded noise, to repeat what another program sampled. */
public final class ReplayNoise implements NoiseSource {

    private final Tensor draws;

    /**
     * Replays a recording.
     *
     * @param draws all draws in order [K, N, C, H, W], float32; borrowed while this is used
     */
    public ReplayNoise(Tensor draws) {
        this.draws = draws;
    }

    @Override
    public Tensor normal(int draw, long... shape) {
        if (draw >= draws.size(0)) {
            throw new IllegalArgumentException(
                    "draw %d was asked of a recording with %d draws"
                            .formatted(draw, draws.size(0)));
        }
        var noise = draws.select(0, draw);
        if (!Arrays.equals(noise.shape(), shape)) {
            throw new IllegalArgumentException(
                    "the recorded draws are %s, but %s was asked for"
                            .formatted(noise, Arrays.toString(shape)));
        }
        return noise;
    }

    @Override
    public void skip(int draw, long... shape) {}
}
