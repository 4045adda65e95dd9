package dev.cm4j.nn;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The convolutions of VGG16, of whatever width the weights have: the eye of LPIPS.
 *
 * <pre>
 *   (conv3 · ReLU) × 2 · pool · × 2 · pool · × 3 · pool · × 3 · pool · × 3
 * </pre>
 *
 * <p>Keeps its weights until closed and belongs to the thread that made it. They are constants: a
 * gradient flows through them to the pictures.
 *
 * <p>Source: Simonyan &amp; Zisserman 2015, configuration D; names as in torchvision.
 */
public final class Vgg16 implements AutoCloseable {

    /** What halves the picture between the blocks. */
    public enum Pooling {
        /** Mean of 2×2 pixels, as the original consistency code trains with. */
        AVERAGE,
        /** Largest of 2×2 pixels, as VGG16 was trained. */
        MAX
    }

    /** Number of {@link #features}: the last ReLU of each block. */
    public static final int TAPS = 5;

    private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};
    private static final int INPUT_CHANNELS = 3;

    private final Scope keeper;
    private final List<List<Convolution>> blocks;
    private final Pooling pooling;

    private record Convolution(Tensor weight, Tensor bias) {
        Tensor of(Tensor x) {
            return Layers.conv2d(x, weight, Optional.of(bias), 1, 1).relu();
        }
    }

    private Vgg16(Scope keeper, List<List<Convolution>> blocks, Pooling pooling) {
        this.keeper = keeper;
        this.blocks = blocks;
        this.pooling = pooling;
    }

    /**
     * Copies the weights.
     *
     * @param weights {@code features.0.weight} [w, 3, 3, 3], {@code features.0.bias} [w], … {@code
     *     features.28.bias}, of any float type; others, such as those of the classifier, are
     *     ignored
     * @param pooling between the blocks
     * @return the network, the caller's to close
     * @throws IllegalArgumentException naming the tensor that is missing or misshaped
     */
    public static Vgg16 of(Map<String, Tensor> weights, Pooling pooling) {
        Scope keeper = Scope.keeper();
        try (Scope _ = Scope.open()) {
            List<List<Convolution>> blocks = new ArrayList<>();
            long channels = INPUT_CHANNELS;
            int index = 0; // each convolution and each ReLU has one, and so has a pool
            for (int count : CONVOLUTIONS) {
                List<Convolution> block = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    String name = "features." + index;
                    Tensor weight = named(weights, name + ".weight");
                    long width = weight.size(0);
                    require(name + ".weight", weight, width, channels, 3, 3);
                    Tensor bias = named(weights, name + ".bias");
                    require(name + ".bias", bias, width);
                    block.add(new Convolution(kept(weight, keeper), kept(bias, keeper)));
                    channels = width;
                    index += 2;
                }
                blocks.add(List.copyOf(block));
                index++;
            }
            return new Vgg16(keeper, List.copyOf(blocks), pooling);
        } catch (RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    /**
     * What the network sees.
     *
     * @param x [N, 3, H, W], float32, standardised as ImageNet's pictures; H and W at least 16
     * @return relu1_2, relu2_2, relu3_3, relu4_3, relu5_3, each half as high and wide as the last
     */
    public List<Tensor> features(Tensor x) {
        List<Tensor> taps = new ArrayList<>();
        Tensor h = x;
        for (List<Convolution> block : blocks) {
            if (!taps.isEmpty()) {
                h = pooled(h);
            }
            for (Convolution convolution : block) {
                h = convolution.of(h);
            }
            taps.add(h);
        }
        return taps;
    }

    /**
     * What {@link #features} holds until its scope ends: each convolution, rectified and not, and
     * each pool.
     *
     * @param images N
     * @param size height and width of the pictures
     * @return in bytes
     */
    public long featureBytes(int images, int size) {
        long elements = 0;
        long side = size;
        for (List<Convolution> block : blocks) {
            long area = side * side;
            long pools = elements == 0 ? 0 : block.getFirst().weight().size(1);
            long channels = block.stream().mapToLong(each -> each.bias().size(0)).sum();
            elements += (2 * channels + pools) * area;
            side /= 2;
        }
        return Float.BYTES * elements * images;
    }

    /** Channels of each of the {@link #features}. */
    public List<Long> widths() {
        return blocks.stream().map(block -> block.getLast().bias().size(0)).toList();
    }

    private Tensor pooled(Tensor h) {
        return switch (pooling) {
            case AVERAGE -> Layers.averagePool(h, 2, 2, 0);
            case MAX -> Layers.maxPool(h, 2, 2, 0);
        };
    }

    private static Tensor kept(Tensor weight, Scope keeper) {
        return weight.to(DType.F32).copy().escapeTo(keeper);
    }

    private static Tensor named(Map<String, Tensor> weights, String name) {
        Tensor weight = weights.get(name);
        if (weight == null || weight.rank() == 0) {
            throw new IllegalArgumentException("VGG16 needs the tensor " + name + ", found none");
        }
        return weight;
    }

    private static void require(String name, Tensor weight, long... shape) {
        if (!Arrays.equals(weight.shape(), shape)) {
            throw new IllegalArgumentException(
                    name
                            + " is "
                            + Arrays.toString(weight.shape())
                            + ", VGG16 needs "
                            + Arrays.toString(shape));
        }
    }

    /** Frees the weights. */
    @Override
    public void close() {
        keeper.close();
    }
}
