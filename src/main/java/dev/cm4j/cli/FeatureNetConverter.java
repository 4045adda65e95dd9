package dev.cm4j.cli;

import dev.cm4j.metric.FeatureNet;

/** Reads {@code cifar-resnet}. */
final class FeatureNetConverter extends KebabConverter<FeatureNet> {
    FeatureNetConverter() {
        super(FeatureNet.class);
    }
}
