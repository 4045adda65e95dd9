package dev.cm4j.convert;

import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import java.util.List;

/** Networks small enough to convert in a moment. */
final class SmallRecipes {

    private SmallRecipes() {}

    /** The recipe of ImageNet-64 at 16 pixels: heads of 16, attention at 8, 10 classes. */
    static UNetConfig conditional() {
        return builder().classes(10).build();
    }

    /** The recipe of LSUN: time is added, no classes. */
    static UNetConfig unconditional() {
        return builder().scaleShiftNorm(false).resBlocks(2).build();
    }

    /** Levels change by convolutions. */
    static UNetConfig convolutional() {
        return builder().resblockUpdown(false).build();
    }

    /** Levels change without weights. */
    static UNetConfig pooling() {
        return builder().resblockUpdown(false).convResample(false).build();
    }

    private static UNetBuilder builder() {
        return new UNetBuilder()
                .imageSize(16)
                .modelChannels(32)
                .resBlocks(1)
                .channelMult(List.of(1, 2))
                .attentionResolutions(List.of(8))
                .heads(1)
                .headChannels(16);
    }
}
