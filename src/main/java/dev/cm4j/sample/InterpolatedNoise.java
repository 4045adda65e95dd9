package dev.cm4j.sample;

import dev.cm4j.tensor.Tensor;

/** Noise on the way from one source to another, by {@link Slerp}; every draw is interpolated. */
public final class InterpolatedNoise implements NoiseSource {

    private final NoiseSource from;
    private final NoiseSource to;
    private final double[] shares;

    /**
     * Noise between two sources.
     *
     * @param from where the share is 0
     * @param to where the share is 1
     * @param shares of each image of the batch, 0 to 1
     */
    public InterpolatedNoise(NoiseSource from, NoiseSource to, double... shares) {
        this.from = from;
        this.to = to;
        this.shares = shares.clone();
    }

    @Override
    public Tensor normal(int draw, long... shape) {
        return Slerp.between(from.normal(draw, shape), to.normal(draw, shape), shares);
    }

    @Override
    public void skip(int draw, long... shape) {
        from.skip(draw, shape);
        to.skip(draw, shape);
    }
}
