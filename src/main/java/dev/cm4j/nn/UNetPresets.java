package dev.cm4j.nn;

import java.util.List;

/**
 * The networks of the published models, and smaller ones of our own in the style of ADM, with 64
 * channels a head. All are unconditional where not said otherwise, without dropout.
 */
final class UNetPresets {
    private static final int HEAD = 64;

    private UNetPresets() {}

    /** Digits of 28² padded to 32², 10 classes: 277 tensors, 7,661,185 parameters. */
    static UNetConfig mnist32() {
        return grey().resBlocks(2).build();
    }

    /**
     * {@link #mnist32()} with one block a level at half the width: 199 tensors, 1,371,233
     * parameters.
     */
    static UNetConfig mnist32Tiny() {
        return grey().modelChannels(32).headChannels(HEAD).resBlocks(1).build();
    }

    /** 32² colour pictures: 494 tensors, 57,091,203 parameters. */
    static UNetConfig cifar10() {
        return cifar().modelChannels(128).resBlocks(3).channelMult(List.of(1, 2, 2, 2)).build();
    }

    /** 32² colour pictures on a small machine: 306 tensors, 17,957,571 parameters. */
    static UNetConfig cifar10Small() {
        return cifar().modelChannels(96).resBlocks(2).channelMult(List.of(1, 2, 2)).build();
    }

    /** Song et al. 2023 for ImageNet 64², 1000 classes: 541 tensors, 295,899,267 parameters. */
    static UNetConfig imagenet64() {
        return new UNetBuilder()
                .imageSize(64)
                .modelChannels(192)
                .resBlocks(3)
                .channelMult(List.of(1, 2, 3, 4))
                .attentionResolutions(List.of(32, 16, 8))
                .headChannels(HEAD)
                .classes(1000)
                .build();
    }

    /**
     * Song et al. 2023 for LSUN bedrooms and cats 256², time added, not scaled: 566 tensors,
     * 526,304,771 parameters.
     */
    static UNetConfig bedroom256() {
        return new UNetBuilder()
                .imageSize(256)
                .modelChannels(256)
                .resBlocks(2)
                .channelMult(List.of(1, 1, 2, 2, 4, 4))
                .attentionResolutions(List.of(32, 16, 8))
                .headChannels(HEAD)
                .scaleShiftNorm(false)
                .build();
    }

    /** The test network of diffusers, 1000 classes: 201 tensors, 1,280,643 parameters. */
    static UNetConfig test32() {
        return new UNetBuilder()
                .imageSize(32)
                .modelChannels(32)
                .resBlocks(2)
                .channelMult(List.of(1, 2))
                .attentionResolutions(List.of(16))
                .headChannels(8)
                .classes(1000)
                .build();
    }

    /** cloneofsimo/consistency_models: 70 tensors. */
    static UNetConfig seed(int width, int channels) {
        return new UNetBuilder()
                .kind(NetworkKind.SEED)
                .imageSize(32)
                .inChannels(channels)
                .outChannels(channels)
                .modelChannels(width)
                .resBlocks(1)
                .channelMult(List.of(1, 1, 2))
                .heads(1)
                .scaleShiftNorm(false)
                .resblockUpdown(false)
                .convResample(false)
                .build();
    }

    /** Karras et al. 2022, table 7, for CIFAR-10. */
    static UNetConfig song(NetworkKind kind) {
        return new UNetBuilder()
                .kind(kind)
                .imageSize(32)
                .modelChannels(128)
                .resBlocks(4)
                .channelMult(List.of(2, 2, 2))
                .attentionResolutions(List.of(16))
                .heads(1)
                .scaleShiftNorm(false)
                .convResample(false)
                .qkvOrder(kind.qkvOrder())
                .build();
    }

    /** NVlabs/edm2, {@code training/networks_edm2.py}. */
    static UNetConfig edm2(int size, int channels, int width, int classes) {
        return new UNetBuilder()
                .kind(NetworkKind.EDM2)
                .imageSize(size)
                .inChannels(channels)
                .outChannels(channels)
                .modelChannels(width)
                .resBlocks(3)
                .channelMult(List.of(1, 2, 3, 4))
                .attentionResolutions(List.of(size / 4, size / 8))
                .heads(1)
                .headChannels(UNetConfig.EDM2_HEAD)
                .classes(classes)
                .scaleShiftNorm(false)
                .convResample(false)
                .qkvOrder(QkvOrder.HEAD_DIM_THREE)
                .build();
    }

    private static UNetBuilder grey() {
        return new UNetBuilder()
                .imageSize(32)
                .inChannels(1)
                .outChannels(1)
                .modelChannels(64)
                .channelMult(List.of(1, 2, 2))
                .attentionResolutions(List.of(8))
                .headChannels(HEAD)
                .classes(10);
    }

    private static UNetBuilder cifar() {
        return new UNetBuilder()
                .imageSize(32)
                .attentionResolutions(List.of(16, 8))
                .headChannels(HEAD);
    }
}
