package dev.cm4j.nn;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;

/**
 * The weights of the 2015 Inception network, under the names of either state dict, made ready.
 *
 * <pre>
 *   conv → (y − mean) / √(var + 1e-3) + beta    =    conv with weight / √(var + 1e-3), and a bias
 * </pre>
 *
 * The normalisation has no scale. <i>Plain</i> names are {@code layers.<path>.weight|beta|mean|var}
 * and {@code output}; those of torch-fidelity and pytorch-fid {@code <Block>.<branch>.conv.weight},
 * {@code .bn.bias|running_mean|running_var} and {@code fc}. A {@code .bn.weight} is a scale, which
 * is 1 in the published file.
 */
final class InceptionWeights {

    private static final double EPS = 1e-3;

    private final Map<String, Tensor> weights;
    private final Scope keeper;
    private final DType type;
    private final boolean plain;

    /**
     * @param weights by name
     * @param keeper receives what the network keeps
     * @param type of the weights kept
     */
    InceptionWeights(Map<String, Tensor> weights, Scope keeper, DType type) {
        this.weights = weights;
        this.keeper = keeper;
        this.type = type;
        plain = weights.keySet().stream().anyMatch(name -> name.startsWith("layers."));
    }

    /** A mixed block's name in both dialects. */
    Block block(String plainName, String fidelityName) {
        return new Block(plainName + ".", fidelityName + ".");
    }

    /** The units of the stem stand in no block. */
    Block stem() {
        return new Block("", "");
    }

    /** Makes the units of one block. */
    final class Block {
        private final String plainName;
        private final String fidelityName;

        private Block(String plainName, String fidelityName) {
            this.plainName = plainName;
            this.fidelityName = fidelityName;
        }

        /** A unit of stride 1 that keeps height and width. */
        InceptionUnit same(
                String plainUnit, String fidelityUnit, long in, long out, int height, int width) {
            return unit(plainUnit, fidelityUnit, 1, true, out, in, height, width);
        }

        /** A unit of 3×3 without padding. */
        InceptionUnit inner(String plainUnit, String fidelityUnit, long in, long out, int stride) {
            return unit(plainUnit, fidelityUnit, stride, false, out, in, 3, 3);
        }

        private InceptionUnit unit(
                String plainUnit, String fidelityUnit, int stride, boolean padded, long... shape) {
            String prefix = plain ? "layers." + plainName + plainUnit : fidelityName + fidelityUnit;
            long[] width = {shape[0]};
            Tensor weight = named(prefix + (plain ? ".weight" : ".conv.weight"), shape);
            Tensor shift = named(prefix + (plain ? ".beta" : ".bn.bias"), width);
            Tensor mean = named(prefix + (plain ? ".mean" : ".bn.running_mean"), width);
            Tensor variance = named(prefix + (plain ? ".var" : ".bn.running_var"), width);
            Tensor scale = variance.plus(EPS).sqrt().reciprocal();
            if (weights.containsKey(prefix + ".bn.weight")) {
                scale = scale.times(named(prefix + ".bn.weight", width));
            }
            return new InceptionUnit(
                    lastly(weight.times(scale.reshape(-1, 1, 1, 1))),
                    kept(shift.minus(mean.times(scale))),
                    stride,
                    padded ? (int) shape[2] / 2 : 0,
                    padded ? (int) shape[3] / 2 : 0);
        }
    }

    /** The last layer's matrix [1008, 2048]; the metrics leave its bias out. */
    Tensor logits(long classes, long features) {
        return kept(named(plain ? "output.weight" : "fc.weight", classes, features));
    }

    private Tensor named(String name, long... shape) {
        Tensor weight = weights.get(name);
        if (weight == null || !Arrays.equals(weight.shape(), shape)) {
            throw new IllegalArgumentException(
                    "the Inception network of 2015 needs "
                            + name
                            + " "
                            + Arrays.toString(shape)
                            + ", found "
                            + (weight == null ? "none" : Arrays.toString(weight.shape())));
        }
        return weight.to(DType.F32);
    }

    /** A copy that lies channels last. */
    private Tensor lastly(Tensor weight) {
        Tensor rows = weight.to(type).permute(0, 2, 3, 1).contiguous();
        return rows.permute(0, 3, 1, 2).escapeTo(keeper);
    }

    private Tensor kept(Tensor weight) {
        return weight.to(type).copy().escapeTo(keeper);
    }
}
