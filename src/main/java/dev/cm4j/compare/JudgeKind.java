package dev.cm4j.compare;

import dev.cm4j.metric.CifarClassifier;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.InceptionExtractor;
import dev.cm4j.metric.LenetClassifier;
import dev.cm4j.metric.RandomFeatures;
import dev.cm4j.nn.Precision;
import java.nio.file.Path;
import java.util.Optional;

/** Whose features a Fréchet distance compares. */
public enum JudgeKind {
    /** A random network, which needs no file. */
    FID_RANDOM(""),
    /** LeNet-5 for digits. */
    FID_DIGITS("checkpoints/mnist-lenet/khushbujpatel-lenet_mnist-mnist_cnn.pt"),
    /** ResNet for CIFAR-10. */
    FID_CIFAR_RESNET("checkpoints/cifar10-resnet/resnet20-12fca82f.th"),
    /** Inception-v3, the FID of papers. */
    FID_INCEPTION("inception/pt_inception-2015-12-05-6726825d.pth");

    private final String usual;

    JudgeKind(String usual) {
        this.usual = usual;
    }

    /** Where its weights usually lie below a data folder, where it has any. */
    Optional<Path> usualWeights() {
        return usual.isEmpty() ? Optional.empty() : Optional.of(Path.of(usual));
    }

    /**
     * Opens the network.
     *
     * @param weights its file; not looked at by {@link #FID_RANDOM}
     * @param channels of the pictures
     * @return the caller's to close
     */
    FeatureExtractor open(Optional<Path> weights, int channels) {
        return switch (this) {
            case FID_RANDOM -> new RandomFeatures(channels);
            case FID_DIGITS -> LenetClassifier.open(weights.orElseThrow());
            case FID_CIFAR_RESNET -> CifarClassifier.open(weights.orElseThrow());
            case FID_INCEPTION -> InceptionExtractor.open(weights.orElseThrow(), Precision.F32);
        };
    }
}
