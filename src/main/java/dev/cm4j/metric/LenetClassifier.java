package dev.cm4j.metric;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TorchFile;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Layers;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * LeNet-5 for handwritten digits: the judge of the digit score, and its 84 features.
 *
 * <pre>
 *   bytes 28×28 → /255 → bilinear 32×32 (half-pixel) → (v − 0.1307) / 0.3081
 *   conv5 6 · ReLU · maxpool2 · conv5 16 · ReLU · maxpool2 · conv5 120 · ReLU
 *   linear 84 · ReLU (the features) · linear 10 (the logits)
 * </pre>
 *
 * Weights are kept as plain numbers, so an instance owns nothing native and any thread may use it.
 * Source: LeCun et al. 1998, with ReLU and max pooling; it reads 9,904 of the 10,000 MNIST test
 * digits correctly.
 */
public final class LenetClassifier implements FeatureExtractor {

    /** Length of a feature vector. */
    public static final int FEATURES = 84;

    /** Number of classes. */
    public static final int CLASSES = 10;

    /**
     * Side of the digits it reads; larger pictures must be digits padded evenly by a few pixels.
     */
    public static final int SIDE = 28;

    private static final int INPUT_SIDE = 32;
    private static final double MEAN = 0.1307;
    private static final double DEVIATION = 0.3081;

    private record Layer(String name, long... weightShape) {
        long[] biasShape() {
            return new long[] {weightShape[0]};
        }
    }

    private static final List<Layer> LAYERS =
            List.of(
                    new Layer("convnet.c1", 6, 1, 5, 5),
                    new Layer("convnet.c3", 16, 6, 5, 5),
                    new Layer("convnet.c5", 120, 16, 5, 5),
                    new Layer("fc.f6", FEATURES, 120),
                    new Layer("fc.f7", CLASSES, FEATURES));

    private final String sha256;
    private final List<float[]> weights;
    private final List<float[]> biases;

    private LenetClassifier(String sha256, List<float[]> weights, List<float[]> biases) {
        this.sha256 = sha256;
        this.weights = weights;
        this.biases = biases;
    }

    /**
     * Reads the weights from a PyTorch state dict with the keys {@code convnet.c1|c3|c5} and {@code
     * fc.f6|f7}, each with {@code .weight} and {@code .bias}.
     *
     * @param file a {@code .pt} file
     * @return the classifier
     * @throws FormatException if a tensor is missing or has another shape or type
     */
    public static LenetClassifier open(Path file) {
        try (var torch = TorchFile.open(file)) {
            Map<String, TensorEntry> entries = torch.entries();
            List<float[]> weights = new ArrayList<>();
            List<float[]> biases = new ArrayList<>();
            for (Layer layer : LAYERS) {
                weights.add(read(file, entries, layer.name() + ".weight", layer.weightShape()));
                biases.add(read(file, entries, layer.name() + ".bias", layer.biasShape()));
            }
            return new LenetClassifier(FileDigest.sha256(file), weights, biases);
        }
    }

    /** SHA-256 of the file the weights came from, 64 hexadecimal digits. */
    public String sha256() {
        return sha256;
    }

    @Override
    public String distanceName() {
        return "fid-digits";
    }

    @Override
    public String protocol() {
        return "84 LeNet-5 features of 28x28 8-bit pictures";
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
        return true;
    }

    @Override
    public String identity() {
        return sha256;
    }

    /** Nothing native is kept. */
    @Override
    public void close() {}

    /**
     * Reads a batch of pictures.
     *
     * @param pixels [n, 1, H, W] u8, 255 is ink; H = W, 28 or larger by an even number, in which
     *     case the middle 28×28 are read
     * @return features and probabilities
     * @throws IllegalArgumentException if dtype or shape do not fit
     */
    @Override
    public Reading read(Tensor pixels) {
        long[] shape = pixels.shape();
        if (pixels.dtype() != DType.U8
                || shape.length != 4
                || shape[1] != 1
                || shape[2] != shape[3]
                || shape[2] < SIDE
                || shape[2] % 2 != 0) {
            throw new IllegalArgumentException(
                    "the digit classifier reads u8 [N, 1, 28, 28] or evenly padded digits, found "
                            + pixels.dtype()
                            + " "
                            + Arrays.toString(shape));
        }
        try (var _ = Scope.open()) {
            long margin = (shape[2] - SIDE) / 2;
            Tensor x = pixels.narrow(2, margin, SIDE).narrow(3, margin, SIDE); // [n, 1, 28, 28]
            x = x.to(DType.F32).dividedBy(255);
            x = Layers.resizeBilinear(x, INPUT_SIDE, INPUT_SIDE);
            x = x.minus(MEAN).dividedBy(DEVIATION);
            x = Layers.conv2d(x, weight(0), Optional.of(bias(0)), 1, 0).relu();
            x = Layers.maxPool(x, 2, 2, 0); // [n, 6, 14, 14]
            x = Layers.maxPool(convolve(x, 1), 2, 2, 0); // [n, 16, 5, 5]
            x = convolve(x, 2).reshape(shape[0], 120);
            Tensor features = Layers.linear(x, weight(3), Optional.of(bias(3))).relu();
            Tensor logits = Layers.linear(features, weight(4), Optional.of(bias(4)));
            return new Reading(
                    (int) shape[0],
                    features.toFloats(),
                    logits.softmax(1).toFloats(),
                    new float[0]);
        }
    }

    /**
     * A convolution of many channels, which lie last; the first layer has too few to gain by it.
     */
    private Tensor convolve(Tensor x, int layer) {
        return Layers.conv2dRelu(x, weight(layer), bias(layer), 1, 0, 0);
    }

    private Tensor weight(int layer) {
        return Tensor.of(weights.get(layer), LAYERS.get(layer).weightShape());
    }

    private Tensor bias(int layer) {
        return Tensor.of(biases.get(layer), LAYERS.get(layer).biasShape());
    }

    private static float[] read(
            Path file, Map<String, TensorEntry> entries, String name, long[] shape) {
        TensorEntry entry = entries.get(name);
        String expected = DType.F32 + " " + Arrays.toString(shape);
        if (entry == null) {
            throw new FormatException(
                    file,
                    "no tensor " + name,
                    "a LeNet-5 state dict with " + name + " " + expected);
        }
        if (entry.dtype() != DType.F32 || !Arrays.equals(entry.shape(), shape)) {
            throw new FormatException(
                    file,
                    name + " is " + entry.dtype() + " " + Arrays.toString(entry.shape()),
                    expected);
        }
        float[] values = new float[(int) (entry.data().byteSize() / Float.BYTES)];
        entry.data().asByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
        return values;
    }
}
