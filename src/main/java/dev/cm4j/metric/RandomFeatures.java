package dev.cm4j.metric;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * Features of a network with random weights, always the same: a judge that needs no file.
 *
 * <pre>
 *   bytes → /127.5 − 1 → bilinear 32×32
 *   conv5 16, stride 2 · ReLU · conv3 32, stride 2 · ReLU · conv3 64 · ReLU · linear 64
 * </pre>
 *
 * <p>Weights are drawn by He's rule from seed 0. Source: Naeem et al. 2020, section 3.3, where
 * random embeddings judge pictures that are far from photographs. Less sharp than a trained judge:
 * for ranking models, not for publishing.
 */
public final class RandomFeatures implements FeatureExtractor {

    /** Length of a feature vector. */
    public static final int FEATURES = 64;

    private static final int SIDE = 32;
    private static final int CLASSES = 2;
    private static final long[][] SHAPES = {
        {16, 0, 5, 5}, {32, 16, 3, 3}, {64, 32, 3, 3}, {FEATURES, 64 * 25}
    };

    private final int channels;
    private final float[][] weights = new float[SHAPES.length][];

    /**
     * @param channels of the pictures, 1 or 3
     */
    public RandomFeatures(int channels) {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("channels must be 1 or 3, not " + channels);
        }
        this.channels = channels;
        try (var _ = Scope.open();
                var draws = Rng.seeded(0)) {
            for (int i = 0; i < SHAPES.length; i++) {
                long[] shape = shape(i);
                long inputs = Arrays.stream(shape).skip(1).reduce(1, (a, b) -> a * b);
                weights[i] = draws.normal(shape).times(Math.sqrt(2.0 / inputs)).toFloats();
            }
        }
    }

    private long[] shape(int layer) {
        long[] shape = SHAPES[layer].clone();
        shape[1] = layer == 0 ? channels : shape[1];
        return shape;
    }

    private Tensor weight(int layer) {
        return Tensor.of(weights[layer], shape(layer));
    }

    @Override
    public String distanceName() {
        return "fid-random";
    }

    @Override
    public String protocol() {
        return "64 features of a random network of seed 0, of 8-bit pictures at 32x32";
    }

    @Override
    public int features() {
        return FEATURES;
    }

    @Override
    public int spatialFeatures() {
        return 0;
    }

    @Override
    public int classes() {
        return CLASSES;
    }

    @Override
    public boolean knowsLabels() {
        return false;
    }

    @Override
    public String identity() {
        return "random network of seed 0 for " + channels + " channels";
    }

    /** Nothing native is kept. */
    @Override
    public void close() {}

    /**
     * Reads a batch of pictures.
     *
     * @param pixels [n, C, H, W] u8
     * @return features; all classes are equally probable
     * @throws IllegalArgumentException if dtype or channels do not fit
     */
    @Override
    public Reading read(Tensor pixels) {
        long[] shape = pixels.shape();
        if (pixels.dtype() != DType.U8 || shape.length != 4 || shape[1] != channels) {
            throw new IllegalArgumentException(
                    "the random network reads u8 [N, %d, H, W], found %s %s"
                            .formatted(channels, pixels.dtype(), Arrays.toString(shape)));
        }
        try (var _ = Scope.open()) {
            Tensor x = pixels.to(DType.F32).dividedBy(127.5).minus(1);
            x = Layers.resizeBilinear(x, SIDE, SIDE);
            x = Layers.conv2d(x, weight(0), Optional.empty(), 2, 0).relu(); // [n, 16, 14, 14]
            x = Layers.conv2d(x, weight(1), Optional.empty(), 2, 1).relu(); // [n, 32, 7, 7]
            x = Layers.conv2d(x, weight(2), Optional.empty(), 1, 0).relu(); // [n, 64, 5, 5]
            Tensor features =
                    Layers.linear(x.reshape(shape[0], 64 * 25), weight(3), Optional.empty());
            float[] even = new float[(int) shape[0] * CLASSES];
            Arrays.fill(even, 1f / CLASSES);
            return new Reading((int) shape[0], features.toFloats(), even, new float[0]);
        }
    }
}
