package dev.cm4j.loss;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.StateDict;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.nn.Vgg16;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * LPIPS: how different two pictures look, as the difference of what a classifier sees in them.
 *
 * <pre>
 *   v̂_l = v_l / (√Σ_c v_l² + 1e-10)        v_l the features of VGG16's block l, at each pixel
 *   d(a, b) = Σ_l mean_{h,w} Σ_c w_lc (v̂_l(a) − v̂_l(b))²
 * </pre>
 *
 * <p>As in the original consistency code, pictures narrower than 256 pixels are first enlarged to
 * 224 × 224 (bilinear, half-pixel centres). Its gradient reaches both pictures. Belongs to the
 * thread that opened it and keeps its weights until closed.
 *
 * <p>Source: Zhang et al. 2018 (arXiv 1801.03924), version 0.1 of the weights.
 */
public final class Lpips implements Distance, AutoCloseable {

    private static final int SMALL = 256;
    private static final int ENLARGED = 224;
    private static final double EPS = 1e-10;

    /** Tensors on the way from a picture to what the eye sees. */
    private static final int PREPARING = 5;

    /** Keeps √ differentiable where all channels are 0; invisible beside any other sum. */
    private static final double TINY = EPS * EPS;

    private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
    private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

    private final Vgg16 eye;
    private final Scope keeper;
    private final List<Tensor> weights; // w_l [1, C_l, 1, 1]
    private final Tensor mean; // [1, 3, 1, 1]
    private final Tensor deviation;

    private Lpips(Vgg16 eye, Scope keeper, List<Tensor> weights, Tensor mean, Tensor deviation) {
        this.eye = eye;
        this.keeper = keeper;
        this.weights = weights;
        this.mean = mean;
        this.deviation = deviation;
    }

    /**
     * Opens the two files of weights.
     *
     * @param backbone VGG16's state dict with torchvision's names, {@code .pth} or safetensors
     * @param linear LPIPS's layers {@code lin0.model.1.weight} [1, C, 1, 1] … {@code lin4…}
     * @param pooling {@link Vgg16.Pooling#MAX} as published, AVERAGE as the original code trains
     * @return the distance, the caller's to close
     * @throws FormatException if a file cannot be read, or lacks a tensor
     */
    public static Lpips open(Path backbone, Path linear, Vgg16.Pooling pooling) {
        try (TensorFile eye = TensorFile.open(backbone);
                TensorFile layers = TensorFile.open(linear)) {
            return of(
                    StateDict.of(eye, Optional.empty()).entries(),
                    StateDict.of(layers, Optional.empty()).entries(),
                    pooling);
        } catch (IllegalArgumentException e) {
            throw new FormatException(
                    e.getMessage().startsWith("lin") ? linear : backbone,
                    e.getMessage(),
                    "the weights of LPIPS with VGG16",
                    e);
        }
    }

    /**
     * Copies weights.
     *
     * @param backbone as in {@link #open}, of any width
     * @param linear as in {@link #open}
     * @param pooling between the blocks
     * @return the distance, the caller's to close
     * @throws IllegalArgumentException naming the tensor that is missing or misshaped
     */
    public static Lpips of(
            Map<String, TensorEntry> backbone,
            Map<String, TensorEntry> linear,
            Vgg16.Pooling pooling) {
        Scope keeper = Scope.keeper();
        try (Scope _ = Scope.open()) {
            Map<String, Tensor> features = new LinkedHashMap<>();
            backbone.forEach((name, entry) -> {
                if (name.startsWith("features.")) {
                    features.put(name, tensor(entry));
                }
            });
            Vgg16 eye = Vgg16.of(features, pooling);
            try {
                List<Tensor> weights = new ArrayList<>();
                for (int l = 0; l < Vgg16.TAPS; l++) {
                    weights.add(weight(linear, l, eye.widths().get(l)).escapeTo(keeper));
                }
                return new Lpips(
                        eye,
                        keeper,
                        List.copyOf(weights),
                        Tensor.of(MEAN, 1, 3, 1, 1).escapeTo(keeper),
                        Tensor.of(DEVIATION, 1, 3, 1, 1).escapeTo(keeper));
            } catch (RuntimeException e) {
                eye.close();
                throw e;
            }
        } catch (RuntimeException e) {
            keeper.close();
            throw e;
        }
    }

    private static Tensor weight(Map<String, TensorEntry> linear, int tap, long channels) {
        String name = "lin" + tap + ".model.1.weight";
        TensorEntry entry = linear.get(name);
        long[] shape = {1, channels, 1, 1};
        if (entry == null || !Arrays.equals(entry.shape(), shape)) {
            throw new IllegalArgumentException(
                    name
                            + (entry == null
                                    ? " is missing"
                                    : " is " + Arrays.toString(entry.shape()))
                            + ", LPIPS needs "
                            + Arrays.toString(shape));
        }
        return tensor(entry).to(DType.F32).copy();
    }

    private static Tensor tensor(TensorEntry entry) {
        return Tensor.copyOf(entry.data(), entry.dtype(), entry.shape());
    }

    /** d(a, b) of pictures [N, 3, H, W] in [−1, 1], which are enlarged where they are small. */
    @Override
    public Tensor perSample(Tensor a, Tensor b) {
        return distance(prepared(a), prepared(b));
    }

    private static Tensor prepared(Tensor x) {
        Tensor large = x.size(3) < SMALL ? Layers.resizeBilinear(x, ENLARGED, ENLARGED) : x;
        return large.plus(1).dividedBy(2);
    }

    /**
     * The distance itself, without enlargement.
     *
     * @param a pictures [N, 3, H, W] in [0, 1], at least 16 × 16; values outside are passed on
     * @param b pictures of the same shape
     * @return d [N]
     */
    public Tensor distance(Tensor a, Tensor b) {
        List<Tensor> parts = parts(a, b);
        Tensor sum = parts.getFirst();
        for (Tensor part : parts.subList(1, parts.size())) {
            sum = sum.plus(part);
        }
        return sum;
    }

    /**
     * The contribution of each block.
     *
     * @param a pictures [N, 3, H, W] in [0, 1]
     * @param b pictures of the same shape
     * @return five tensors [N], whose sum is the distance
     */
    public List<Tensor> parts(Tensor a, Tensor b) {
        requireColour(a);
        List<Tensor> ofA = eye.features(standardised(a));
        List<Tensor> ofB = eye.features(standardised(b));
        List<Tensor> parts = new ArrayList<>();
        for (int l = 0; l < Vgg16.TAPS; l++) {
            Tensor gap = unit(ofA.get(l)).minus(unit(ofB.get(l))); // [N, C_l, H_l, W_l]
            parts.add(gap.square().times(weights.get(l)).sum(1).mean(1, 2));
        }
        return parts;
    }

    /** Features of both pictures, of unit length and compared; and the gradient of the widest. */
    @Override
    public long bytes(int images, int size) {
        int side = size < SMALL ? ENLARGED : size;
        long area = (long) side * side;
        long elements = 2 * PREPARING * 3 * area;
        for (long channels : eye.widths()) {
            // v² and v̂ of both, with four sums each; the gap, its square, and that weighted
            elements += (2 * 2 + 3) * channels * area + 2 * 4 * area;
            area /= 4;
        }
        elements += 2 * eye.widths().getFirst() * side * side;
        return 2 * eye.featureBytes(images, side) + Float.BYTES * elements * images;
    }

    private Tensor standardised(Tensor x) {
        return x.minus(mean).dividedBy(deviation);
    }

    /** v / (‖v‖ + 1e-10) over the channels. */
    private static Tensor unit(Tensor v) {
        return v.dividedBy(v.square().sumKeep(1).plus(TINY).sqrt().plus(EPS));
    }

    private static void requireColour(Tensor x) {
        if (x.rank() != 4 || x.size(1) != 3) {
            throw new IllegalArgumentException(
                    "LPIPS compares colour pictures [N, 3, H, W], found "
                            + Arrays.toString(x.shape()));
        }
    }

    /** Frees the weights. */
    @Override
    public void close() {
        eye.close();
        keeper.close();
    }
}
