package dev.cm4j.nn;

import java.util.List;

/**
 * Builds a {@link UNetConfig} by name. It begins with another configuration or with the original's
 * defaults.
 */
public final class UNetBuilder {
    private NetworkKind kind = NetworkKind.ADM;
    private int imageSize = 64;
    private int inChannels = 3;
    private int outChannels = 3;
    private int modelChannels = 128;
    private int resBlocks = 2;
    private List<Integer> channelMult = List.of(1, 2, 2);
    private List<Integer> attentionResolutions = List.of();
    private int heads = 4;
    private int headsUpsample = -1;
    private int headChannels = -1;
    private int classes = 0;
    private double dropout = 0;
    private boolean scaleShiftNorm = true;
    private boolean resblockUpdown = true;
    private boolean convResample = true;
    private int patch = 1;
    private QkvOrder qkvOrder = QkvOrder.THREE_HEAD;

    /**
     * Scale-shift norm, residual resampling, 4 heads, no attention but in the middle,
     * unconditional.
     */
    public UNetBuilder() {}

    UNetBuilder(UNetConfig config) {
        kind = config.kind();
        imageSize = config.imageSize();
        inChannels = config.inChannels();
        outChannels = config.outChannels();
        modelChannels = config.modelChannels();
        resBlocks = config.resBlocks();
        channelMult = config.channelMult();
        attentionResolutions = config.attentionResolutions();
        heads = config.heads();
        headsUpsample = config.headsUpsample();
        headChannels = config.headChannels();
        classes = config.classes();
        dropout = config.dropout();
        scaleShiftNorm = config.scaleShiftNorm();
        resblockUpdown = config.resblockUpdown();
        convResample = config.convResample();
        patch = config.patch();
        qkvOrder = config.qkvOrder();
    }

    /** Sets {@link UNetConfig#kind}. */
    public UNetBuilder kind(NetworkKind value) {
        kind = value;
        return this;
    }

    /** Sets {@link UNetConfig#imageSize}. */
    public UNetBuilder imageSize(int value) {
        imageSize = value;
        return this;
    }

    /** Sets {@link UNetConfig#inChannels}. */
    public UNetBuilder inChannels(int value) {
        inChannels = value;
        return this;
    }

    /** Sets {@link UNetConfig#outChannels}. */
    public UNetBuilder outChannels(int value) {
        outChannels = value;
        return this;
    }

    /** Sets {@link UNetConfig#modelChannels}. */
    public UNetBuilder modelChannels(int value) {
        modelChannels = value;
        return this;
    }

    /** Sets {@link UNetConfig#resBlocks}. */
    public UNetBuilder resBlocks(int value) {
        resBlocks = value;
        return this;
    }

    /** Sets {@link UNetConfig#channelMult}. */
    public UNetBuilder channelMult(List<Integer> value) {
        channelMult = value;
        return this;
    }

    /** Sets {@link UNetConfig#attentionResolutions}. */
    public UNetBuilder attentionResolutions(List<Integer> value) {
        attentionResolutions = value;
        return this;
    }

    /** Sets {@link UNetConfig#heads}. */
    public UNetBuilder heads(int value) {
        heads = value;
        return this;
    }

    /** Sets {@link UNetConfig#headsUpsample}. */
    public UNetBuilder headsUpsample(int value) {
        headsUpsample = value;
        return this;
    }

    /** Sets {@link UNetConfig#headChannels}. */
    public UNetBuilder headChannels(int value) {
        headChannels = value;
        return this;
    }

    /** Sets {@link UNetConfig#classes}. */
    public UNetBuilder classes(int value) {
        classes = value;
        return this;
    }

    /** Sets {@link UNetConfig#dropout}. */
    public UNetBuilder dropout(double value) {
        dropout = value;
        return this;
    }

    /** Sets {@link UNetConfig#scaleShiftNorm}. */
    public UNetBuilder scaleShiftNorm(boolean value) {
        scaleShiftNorm = value;
        return this;
    }

    /** Sets {@link UNetConfig#resblockUpdown}. */
    public UNetBuilder resblockUpdown(boolean value) {
        resblockUpdown = value;
        return this;
    }

    /** Sets {@link UNetConfig#convResample}. */
    public UNetBuilder convResample(boolean value) {
        convResample = value;
        return this;
    }

    /** Sets {@link UNetConfig#patch}. */
    public UNetBuilder patch(int value) {
        patch = value;
        return this;
    }

    /** Sets {@link UNetConfig#qkvOrder}. */
    public UNetBuilder qkvOrder(QkvOrder value) {
        qkvOrder = value;
        return this;
    }

    /**
     * The configuration.
     *
     * @throws IllegalArgumentException if the numbers do not fit together
     */
    public UNetConfig build() {
        return new UNetConfig(
                kind,
                imageSize,
                inChannels,
                outChannels,
                modelChannels,
                resBlocks,
                channelMult,
                attentionResolutions,
                heads,
                headsUpsample,
                headChannels,
                classes,
                dropout,
                scaleShiftNorm,
                resblockUpdown,
                convResample,
                patch,
                qkvOrder);
    }
}
