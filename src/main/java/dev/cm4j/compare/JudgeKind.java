package dev.cm4j.compare;

import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.FeatureNet;
import dev.cm4j.metric.RandomFeatures;
import dev.cm4j.nn.Precision;
import java.nio.file.Path;
import java.util.Optional;

/** Whose features a Fréchet distance compares. */
public enum JudgeKind {
    /** A random network, which needs no file. */
    FID_RANDOM(Optional.empty()),
    /** LeNet-5 for digits. */
    FID_DIGITS(Optional.of(FeatureNet.LENET)),
    /** ResNet for CIFAR-10. */
    FID_CIFAR_RESNET(Optional.of(FeatureNet.CIFAR_RESNET)),
    /** Inception-v3, the FID of papers. */
    FID_INCEPTION(Optional.of(FeatureNet.INCEPTION));

    private final Optional<FeatureNet> net;

    JudgeKind(Optional<FeatureNet> net) {
        this.net = net;
    }

    /** The network, where it needs a file. */
    Optional<FeatureNet> net() {
        return net;
    }

    /**
     * Opens the network.
     *
     * @param weights its file; not looked at by {@link #FID_RANDOM}
     * @param channels of the pictures
     * @return the caller's to close
     */
    FeatureExtractor open(Optional<Path> weights, int channels) {
        return net.map(known -> known.open(weights.orElseThrow(), Precision.F32))
                .orElseGet(() -> new RandomFeatures(channels));
    }
}
