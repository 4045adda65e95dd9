package dev.cm4j.metric;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.nn.CifarResnet;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A ResNet that tells the ten classes of CIFAR-10 apart: the judge of {@code fid-cifar-resnet}, and
 * its 64 features.
 *
 * <pre>
 *   bytes 32×32×3 → /255 → (v − mean) / deviation of ImageNet's channels → ResNet → 64 → 10
 * </pre>
 *
 * Belongs to the thread that opened it and keeps its weights until closed.
 */
public final class CifarClassifier implements FeatureExtractor {

    /** Side of the pictures it reads. */
    public static final int SIDE = 32;

    private static final float[] MEAN = {.485f, .456f, .406f};
    private static final float[] DEVIATION = {.229f, .224f, .225f};

    private final CifarResnet network;
    private final String sha256;

    private CifarClassifier(CifarResnet network, String sha256) {
        this.network = network;
        this.sha256 = sha256;
    }

    /**
     * Reads the weights.
     *
     * @param file state dict of a CIFAR ResNet with the keys {@code conv1}, {@code layer1.0.conv1},
     *     … {@code linear}
     * @return the classifier, the caller's to close
     * @throws dev.cm4j.checkpoint.FormatException if the file is damaged or another network's
     */
    public static CifarClassifier open(Path file) {
        return new CifarClassifier(
                ExtractorFile.read(file, "a CIFAR ResNet", CifarResnet::of),
                FileDigest.sha256(file));
    }

    @Override
    public String distanceName() {
        return "fid-cifar-resnet";
    }

    @Override
    public String protocol() {
        return "64 features of resnet" + network.depth() + " for CIFAR-10, of 32x32 8-bit pictures";
    }

    @Override
    public int features() {
        return CifarResnet.FEATURES;
    }

    @Override
    public int spatialFeatures() {
        return 0;
    }

    @Override
    public int classes() {
        return CifarResnet.CLASSES;
    }

    @Override
    public boolean knowsLabels() {
        return true;
    }

    @Override
    public String identity() {
        return sha256;
    }

    /**
     * Reads a batch of pictures.
     *
     * @param pixels [n, 3, 32, 32] u8
     * @return features and probabilities
     * @throws IllegalArgumentException if dtype or shape do not fit
     */
    @Override
    public Reading read(Tensor pixels) {
        long[] shape = pixels.shape();
        if (pixels.dtype() != DType.U8
                || shape.length != 4
                || shape[1] != 3
                || shape[2] != SIDE
                || shape[3] != SIDE) {
            throw new IllegalArgumentException(
                    "the CIFAR classifier reads u8 [N, 3, 32, 32], found "
                            + pixels.dtype()
                            + " "
                            + Arrays.toString(shape));
        }
        try (var _ = Scope.open()) {
            Tensor x = pixels.to(DType.F32).dividedBy(255);
            x = x.minus(Tensor.of(MEAN, 1, 3, 1, 1)).dividedBy(Tensor.of(DEVIATION, 1, 3, 1, 1));
            CifarResnet.Reading reading = network.read(x);
            return new Reading(
                    (int) shape[0],
                    reading.features().toFloats(),
                    reading.logits().softmax(1).toFloats(),
                    new float[0]);
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
