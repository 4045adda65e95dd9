package dev.cm4j.testing;

import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.QkvOrder;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import java.util.List;

/** Small networks of kind edm2. */
public final class Edm2Networks {

    private Edm2Networks() {}

    /** 16², two levels of 64 channels, one block each, attention at 8. */
    public static UNetConfig tiny(int channels, int classes) {
        return builder(channels).classes(classes).build();
    }

    /** The same to be changed. */
    public static UNetBuilder builder(int channels) {
        return new UNetBuilder()
                .kind(NetworkKind.EDM2)
                .imageSize(16)
                .inChannels(channels)
                .outChannels(channels)
                .modelChannels(64)
                .resBlocks(1)
                .channelMult(List.of(1, 1))
                .attentionResolutions(List.of(8))
                .heads(1)
                .headChannels(64)
                .scaleShiftNorm(false)
                .convResample(false)
                .qkvOrder(QkvOrder.HEAD_DIM_THREE);
    }
}
