package dev.cm4j.nn;

import dev.cm4j.nn.InceptionBranch.Pool;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Inception-v3 as TensorFlow published it on 2015-12-05: the eye of FID, sFID and the Inception
 * Score.
 *
 * <p>It differs from the network of torchvision: average pools do not count their padding, the last
 * block has a maximum pool in the place of an average pool, and there are 1008 classes. Source:
 * Szegedy et al. 2016 (arXiv 1512.00567); quirks as in pytorch-fid.
 *
 * <p>Keeps its weights until closed and belongs to the thread that made it. Inference only.
 */
public final class Inception implements AutoCloseable {

    /** Side of the pictures it sees. */
    public static final int SIDE = 299;

    /** Length of a pool feature. */
    public static final int POOL = 2048;

    private static final int SPATIAL_CHANNELS = 7;

    /** Length of a spatial feature: 17 × 17 places of 7 channels. */
    public static final int SPATIAL = 17 * 17 * SPATIAL_CHANNELS;

    /** Number of classes. */
    public static final int CLASSES = 1008;

    private static final int SPATIAL_BLOCK = 6; // mixed_6: the branch of its first unit

    private final Scope keeper;
    private final DType type;
    private final List<UnaryOperator<Tensor>> stem;
    private final List<List<InceptionBranch>> blocks;
    private final Tensor logits;

    /**
     * What the network sees in a batch.
     *
     * @param pool mean of the last block over all places [N, 2048], float32
     * @param spatial first 7 channels of mixed_6's first unit [N, 2023], float32; row, column,
     *     channel
     * @param logits of the 1008 classes, without bias [N, 1008], float32
     */
    public record Features(Tensor pool, Tensor spatial, Tensor logits) {}

    private Inception(
            Scope keeper,
            DType type,
            List<UnaryOperator<Tensor>> stem,
            List<List<InceptionBranch>> blocks,
            Tensor logits) {
        this.keeper = keeper;
        this.type = type;
        this.stem = stem;
        this.blocks = blocks;
        this.logits = logits;
    }

    /**
     * Copies the weights.
     *
     * @param weights of any float type, named {@code layers.<path>.weight|beta|mean|var} and {@code
     *     output.weight}, or as in torch-fidelity and pytorch-fid; others are ignored
     * @param precision of the convolutions; features of bfloat16 differ in their third digit
     * @return the network, the caller's to close
     * @throws IllegalArgumentException naming the tensor that is missing or misshaped, or if the
     *     precision is F16
     */
    public static Inception of(Map<String, Tensor> weights, Precision precision) {
        if (precision == Precision.F16) {
            throw new IllegalArgumentException("Inception computes in f32 or bf16, not in f16");
        }
        Scope keeper = Scope.keeper();
        try (var _ = Scope.open()) {
            DType type = precision.dtype();
            var ready = new InceptionWeights(weights, keeper, type);
            return new Inception(
                    keeper,
                    type,
                    stem(ready.stem()),
                    List.of(
                            wide(ready.block("mixed", "Mixed_5b"), 192, 32),
                            wide(ready.block("mixed_1", "Mixed_5c"), 256, 64),
                            wide(ready.block("mixed_2", "Mixed_5d"), 288, 64),
                            halving(ready.block("mixed_3", "Mixed_6a")),
                            crossed(ready.block("mixed_4", "Mixed_6b"), 128),
                            crossed(ready.block("mixed_5", "Mixed_6c"), 160),
                            crossed(ready.block("mixed_6", "Mixed_6d"), 160),
                            crossed(ready.block("mixed_7", "Mixed_6e"), 192),
                            halvingAgain(ready.block("mixed_8", "Mixed_7a")),
                            split(ready.block("mixed_9", "Mixed_7b"), 1280, Pool.AVERAGE),
                            split(ready.block("mixed_10", "Mixed_7c"), 2048, Pool.MAX)),
                    ready.logits(CLASSES, POOL));
        } catch (RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    private static List<UnaryOperator<Tensor>> stem(InceptionWeights.Block names) {
        return List.of(
                names.inner("conv", "Conv2d_1a_3x3", 3, 32, 2)::of, // [N, 32, 149, 149]
                names.inner("conv_1", "Conv2d_2a_3x3", 32, 32, 1)::of, // [N, 32, 147, 147]
                names.same("conv_2", "Conv2d_2b_3x3", 32, 64, 3, 3)::of,
                Pool.HALVE::of, // [N, 64, 73, 73]
                names.same("conv_3", "Conv2d_3b_1x1", 64, 80, 1, 1)::of,
                names.inner("conv_4", "Conv2d_4a_3x3", 80, 192, 1)::of, // [N, 192, 71, 71]
                Pool.HALVE::of); // [N, 192, 35, 35]
    }

    /** 35 × 35: 1×1, 5×5, twice 3×3. */
    private static List<InceptionBranch> wide(InceptionWeights.Block names, long in, long pool) {
        return List.of(
                InceptionBranch.of(names.same("conv", "branch1x1", in, 64, 1, 1)),
                InceptionBranch.of(
                        names.same("tower.conv", "branch5x5_1", in, 48, 1, 1),
                        names.same("tower.conv_1", "branch5x5_2", 48, 64, 5, 5)),
                InceptionBranch.of(
                        names.same("tower_1.conv", "branch3x3dbl_1", in, 64, 1, 1),
                        names.same("tower_1.conv_1", "branch3x3dbl_2", 64, 96, 3, 3),
                        names.same("tower_1.conv_2", "branch3x3dbl_3", 96, 96, 3, 3)),
                InceptionBranch.pooled(
                        Pool.AVERAGE, names.same("tower_2.conv", "branch_pool", in, pool, 1, 1)));
    }

    /** 35 × 35 to 17 × 17. */
    private static List<InceptionBranch> halving(InceptionWeights.Block names) {
        return List.of(
                InceptionBranch.of(names.inner("conv", "branch3x3", 288, 384, 2)),
                InceptionBranch.of(
                        names.same("tower.conv", "branch3x3dbl_1", 288, 64, 1, 1),
                        names.same("tower.conv_1", "branch3x3dbl_2", 64, 96, 3, 3),
                        names.inner("tower.conv_2", "branch3x3dbl_3", 96, 96, 2)),
                InceptionBranch.pooled(Pool.HALVE));
    }

    /** 17 × 17: rows of 7 crossed with columns of 7. */
    private static List<InceptionBranch> crossed(InceptionWeights.Block names, long c) {
        return List.of(
                InceptionBranch.of(names.same("conv", "branch1x1", 768, 192, 1, 1)),
                InceptionBranch.of(
                        names.same("tower.conv", "branch7x7_1", 768, c, 1, 1),
                        names.same("tower.conv_1", "branch7x7_2", c, c, 1, 7),
                        names.same("tower.conv_2", "branch7x7_3", c, 192, 7, 1)),
                InceptionBranch.of(
                        names.same("tower_1.conv", "branch7x7dbl_1", 768, c, 1, 1),
                        names.same("tower_1.conv_1", "branch7x7dbl_2", c, c, 7, 1),
                        names.same("tower_1.conv_2", "branch7x7dbl_3", c, c, 1, 7),
                        names.same("tower_1.conv_3", "branch7x7dbl_4", c, c, 7, 1),
                        names.same("tower_1.conv_4", "branch7x7dbl_5", c, 192, 1, 7)),
                InceptionBranch.pooled(
                        Pool.AVERAGE, names.same("tower_2.conv", "branch_pool", 768, 192, 1, 1)));
    }

    /** 17 × 17 to 8 × 8. */
    private static List<InceptionBranch> halvingAgain(InceptionWeights.Block names) {
        return List.of(
                InceptionBranch.of(
                        names.same("tower.conv", "branch3x3_1", 768, 192, 1, 1),
                        names.inner("tower.conv_1", "branch3x3_2", 192, 320, 2)),
                InceptionBranch.of(
                        names.same("tower_1.conv", "branch7x7x3_1", 768, 192, 1, 1),
                        names.same("tower_1.conv_1", "branch7x7x3_2", 192, 192, 1, 7),
                        names.same("tower_1.conv_2", "branch7x7x3_3", 192, 192, 7, 1),
                        names.inner("tower_1.conv_3", "branch7x7x3_4", 192, 192, 2)),
                InceptionBranch.pooled(Pool.HALVE));
    }

    /** 8 × 8: rows of 3 beside columns of 3. */
    private static List<InceptionBranch> split(InceptionWeights.Block names, long in, Pool pool) {
        return List.of(
                InceptionBranch.of(names.same("conv", "branch1x1", in, 320, 1, 1)),
                InceptionBranch.of(names.same("tower_conv", "branch3x3_1", in, 384, 1, 1))
                        .split(
                                names.same("tower_mixed_conv", "branch3x3_2a", 384, 384, 1, 3),
                                names.same("tower_mixed_conv_1", "branch3x3_2b", 384, 384, 3, 1)),
                InceptionBranch.of(
                                names.same("tower_1_conv", "branch3x3dbl_1", in, 448, 1, 1),
                                names.same("tower_1_conv_1", "branch3x3dbl_2", 448, 384, 3, 3))
                        .split(
                                names.same("tower_1_mixed_conv", "branch3x3dbl_3a", 384, 384, 1, 3),
                                names.same(
                                        "tower_1_mixed_conv_1", "branch3x3dbl_3b", 384, 384, 3, 1)),
                InceptionBranch.pooled(
                        pool, names.same("tower_2_conv", "branch_pool", in, 192, 1, 1)));
    }

    /**
     * What the network sees.
     *
     * @param x [N, 3, 299, 299], float32, (v − 128) / 128 of bytes v
     * @return the features, owned by the innermost open scope
     * @throws IllegalArgumentException if the pictures have another shape
     */
    public Features features(Tensor x) {
        if (x.rank() != 4 || x.size(1) != 3 || x.size(2) != SIDE || x.size(3) != SIDE) {
            throw new IllegalArgumentException(
                    "the Inception network sees [N, 3, 299, 299], found " + x);
        }
        Scope outer = Scope.current();
        try (var _ = Scope.open()) {
            Tensor h = x.to(type);
            for (UnaryOperator<Tensor> layer : stem) {
                h = passed(h, layer);
            }
            Tensor spatial = h;
            for (int i = 0; i < blocks.size(); i++) {
                List<Tensor> parts = new ArrayList<>();
                Tensor seen = h;
                List<InceptionBranch> branches = blocks.get(i);
                for (InceptionBranch branch : branches) {
                    parts.addAll(gathered(seen, branch));
                }
                if (i == SPATIAL_BLOCK) {
                    spatial = parts.getFirst().narrow(1, 0, SPATIAL_CHANNELS).copy();
                }
                h = Tensor.cat(1, parts);
                parts.forEach(Tensor::close);
                seen.close();
            }
            Tensor pool = h.to(DType.F32).mean(2, 3); // [N, 2048, 8, 8] → [N, 2048]
            return new Features(
                    pool.escapeTo(outer),
                    spatial.to(DType.F32)
                            .permute(0, 2, 3, 1)
                            .reshape(x.size(0), SPATIAL)
                            .escapeTo(outer),
                    pool.matmul(logits.to(DType.F32).permute(1, 0)).escapeTo(outer));
        }
    }

    /** A layer whose input is let go. */
    private static Tensor passed(Tensor x, UnaryOperator<Tensor> layer) {
        Tensor y = layer.apply(x);
        x.close();
        return y;
    }

    /** A branch of which only the results stay. */
    private static List<Tensor> gathered(Tensor x, InceptionBranch branch) {
        Scope outer = Scope.current();
        try (var _ = Scope.open()) {
            return branch.of(x).stream().map(part -> part.escapeTo(outer)).toList();
        }
    }

    /** Frees the weights. */
    @Override
    public void close() {
        keeper.close();
    }
}
