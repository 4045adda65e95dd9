package dev.cm4j.metric;

import dev.cm4j.nn.Precision;
import java.nio.file.Path;
import java.util.Optional;

/** The networks whose features pictures can be compared by. */
public enum FeatureNet {
    /** Inception-v3, the FID of papers. */
    INCEPTION("", ""),
    /** LeNet-5 for digits. */
    LENET("checkpoints/mnist-lenet/khushbujpatel-lenet_mnist-mnist_cnn.pt", "mnist"),
    /** ResNet-20 for CIFAR-10. */
    CIFAR_RESNET("checkpoints/cifar10-resnet/resnet20-12fca82f.th", "cifar10");

    private final String weights;
    private final String reference;

    FeatureNet(String weights, String reference) {
        this.weights = weights;
        this.reference = reference;
    }

    /** Where its weights usually lie below a data folder, if there is such a place. */
    public Optional<Path> usualWeights() {
        return weights.isEmpty() ? Optional.empty() : Optional.of(Path.of(weights));
    }

    /** The data set its distances usually refer to, if there is one. */
    public Optional<String> usualReference() {
        return reference.isEmpty() ? Optional.empty() : Optional.of(reference);
    }

    /** Whether it can see pictures of this shape. */
    public boolean sees(int channels, int height, int width) {
        return switch (this) {
            case INCEPTION -> true;
            case LENET ->
                    channels == 1
                            && height == width
                            && height >= LenetClassifier.SIDE
                            && height % 2 == 0;
            case CIFAR_RESNET ->
                    channels == 3
                            && height == CifarClassifier.SIDE
                            && width == CifarClassifier.SIDE;
        };
    }

    /**
     * Opens the network.
     *
     * @param file its weights
     * @param precision of Inception; the others are small and compute in float32
     * @return the caller's to close
     */
    public FeatureExtractor open(Path file, Precision precision) {
        return switch (this) {
            case INCEPTION -> InceptionExtractor.open(file, precision);
            case LENET -> LenetClassifier.open(file);
            case CIFAR_RESNET -> CifarClassifier.open(file);
        };
    }
}
