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
 * The residual networks for pictures of 32×32, such as resnet20 and resnet56; the number of blocks
 * follows from the weights.
 *
 * <pre>
 *   conv3 16 · ReLU · three groups of n blocks of 16, 32, 64 channels · mean · linear 10
 *   block: conv3 · ReLU · conv3 · + shortcut · ReLU, the first of groups 2 and 3 with stride 2
 *   shortcut (option A): every second pixel, half as many channels of 0 before and after
 * </pre>
 *
 * Each convolution's batch normalisation is folded into its weights. Keeps them until closed and
 * belongs to the thread that made it. Inference only.
 *
 * <p>Source: He et al. 2016 (arXiv 1512.03385), section 4.2; names as in akamaster's
 * pytorch_resnet_cifar10.
 */
public final class CifarResnet implements AutoCloseable {

    /** Length of a feature vector: the mean of the last group's channels. */
    public static final int FEATURES = 64;

    /** Number of classes. */
    public static final int CLASSES = 10;

    private static final int STEM = 16;
    private static final int GROUPS = 3;
    private static final double EPS = 1e-5;

    /**
     * A convolution of 3×3 with its normalisation folded in; pictures and weights channels last.
     */
    private record Convolution(Tensor weight, Tensor bias) {
        Tensor of(Tensor x) {
            return Layers.conv2d(x, weight, Optional.of(bias), 1, 1);
        }

        Tensor relu(Tensor x, int stride) {
            return Layers.conv2dRelu(x, weight, bias, stride, 1, 1);
        }
    }

    private record Block(Convolution first, Convolution second, int stride) {
        Tensor of(Tensor x) {
            Tensor h = second.of(first.relu(x, stride));
            return h.plus(stride == 1 ? x : shortcut(x)).relu();
        }

        private static Tensor shortcut(Tensor x) {
            Tensor half = Layers.maxPool(x, 1, 2, 0); // every second pixel
            long[] shape = half.shape();
            Tensor none = Tensor.zeros(DType.F32, shape[0], shape[1] / 2, shape[2], shape[3]);
            return Tensor.cat(1, none, half, none);
        }
    }

    private final Scope keeper;
    private final Convolution stem;
    private final List<Block> blocks;
    private final Tensor weight;
    private final Tensor bias;

    /**
     * What the network says of a batch.
     *
     * @param features [N, 64], float32, at least 0
     * @param logits [N, 10], float32
     */
    public record Reading(Tensor features, Tensor logits) {}

    private CifarResnet(
            Scope keeper, Convolution stem, List<Block> blocks, Tensor weight, Tensor bias) {
        this.keeper = keeper;
        this.stem = stem;
        this.blocks = blocks;
        this.weight = weight;
        this.bias = bias;
    }

    /**
     * Copies the weights.
     *
     * @param weights {@code conv1}, {@code bn1}, {@code layer1.0.conv1} … {@code layer3.n.bn2},
     *     {@code linear}; others are ignored
     * @return the network, the caller's to close
     * @throws IllegalArgumentException naming the tensor that is missing or misshaped
     */
    public static CifarResnet of(Map<String, Tensor> weights) {
        Scope keeper = Scope.keeper();
        try (var _ = Scope.open()) {
            Convolution stem = folded(weights, keeper, "conv1", "bn1", STEM, 3);
            List<Block> blocks = new ArrayList<>();
            long channels = STEM;
            for (int group = 1; group <= GROUPS; group++) {
                long width = (long) STEM << (group - 1);
                int index = 0;
                String prefix = "layer" + group + ".0.";
                do {
                    blocks.add(
                            new Block(
                                    folded(
                                            weights,
                                            keeper,
                                            prefix + "conv1",
                                            prefix + "bn1",
                                            width,
                                            channels),
                                    folded(
                                            weights,
                                            keeper,
                                            prefix + "conv2",
                                            prefix + "bn2",
                                            width,
                                            width),
                                    width == channels ? 1 : 2));
                    channels = width;
                    index++;
                    prefix = "layer" + group + "." + index + ".";
                } while (weights.containsKey(prefix + "conv1.weight"));
            }
            return new CifarResnet(
                    keeper,
                    stem,
                    List.copyOf(blocks),
                    named(weights, "linear.weight", CLASSES, FEATURES).copy().escapeTo(keeper),
                    named(weights, "linear.bias", CLASSES).copy().escapeTo(keeper));
        } catch (RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    /** Number of layers with weights, such as 20. */
    public int depth() {
        return 2 * blocks.size() + 2;
    }

    /**
     * Reads a batch.
     *
     * @param x [N, 3, H, W], float32, standardised as ImageNet's pictures; 32×32 in training
     * @return features and logits, owned by the innermost open scope
     */
    public Reading read(Tensor x) {
        Scope outer = Scope.current();
        try (var _ = Scope.open()) {
            Tensor h = stem.relu(x, 1);
            for (Block block : blocks) {
                Tensor seen = h;
                h = block.of(seen);
                seen.close();
            }
            Tensor features = h.mean(2, 3); // [N, 64, 8, 8] → [N, 64]
            Tensor logits = Layers.linear(features, weight, Optional.of(bias));
            return new Reading(features.escapeTo(outer), logits.escapeTo(outer));
        }
    }

    /** A convolution and the batch normalisation behind it as one. */
    private static Convolution folded(
            Map<String, Tensor> weights,
            Scope keeper,
            String convolution,
            String normalisation,
            long out,
            long in) {
        Tensor kernel = named(weights, convolution + ".weight", out, in, 3, 3);
        Tensor scale =
                named(weights, normalisation + ".weight", out)
                        .dividedBy(
                                named(weights, normalisation + ".running_var", out)
                                        .plus(EPS)
                                        .sqrt());
        Tensor shift =
                named(weights, normalisation + ".bias", out)
                        .minus(named(weights, normalisation + ".running_mean", out).times(scale));
        Tensor rows = kernel.times(scale.reshape(out, 1, 1, 1)).permute(0, 2, 3, 1).contiguous();
        return new Convolution(rows.permute(0, 3, 1, 2).escapeTo(keeper), shift.escapeTo(keeper));
    }

    private static Tensor named(Map<String, Tensor> weights, String name, long... shape) {
        Tensor tensor = weights.get(name);
        if (tensor == null || !Arrays.equals(tensor.shape(), shape)) {
            throw new IllegalArgumentException(
                    "a CIFAR ResNet needs "
                            + name
                            + " "
                            + Arrays.toString(shape)
                            + ", found "
                            + (tensor == null ? "none" : Arrays.toString(tensor.shape())));
        }
        return tensor.to(DType.F32);
    }

    /** Frees the weights. */
    @Override
    public void close() {
        keeper.close();
    }
}
