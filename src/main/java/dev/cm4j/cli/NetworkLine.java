package dev.cm4j.cli;

import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNetConfig;

/** A network in one line for people. */
final class NetworkLine {

    private NetworkLine() {}

    /**
     * Describes a network.
     *
     * @param net any network
     * @return its numbers, the usual ones left out
     */
    static String of(UNetConfig net) {
        if (net.kind() == NetworkKind.SEED) {
            return "network of cloneofsimo/consistency_models %dx%d, %d channels, width %d"
                    .formatted(
                            net.imageSize(),
                            net.imageSize(),
                            net.inChannels(),
                            net.modelChannels());
        }
        if (net.kind().isSong()) {
            return "%s of NVlabs/edm %dx%d, %d to %d channels, width %d x %s, %d blocks a level, attention at %s, %s"
                    .formatted(
                            net.kind() == NetworkKind.DDPMPP ? "DDPM++" : "NCSN++",
                            net.imageSize(),
                            net.imageSize(),
                            net.inChannels(),
                            net.outChannels(),
                            net.modelChannels(),
                            net.channelMult(),
                            net.resBlocks(),
                            net.attentionResolutions(),
                            net.classes() > 0 ? net.classes() + " classes" : "no classes");
        }
        StringBuilder text = new StringBuilder();
        text.append(
                "%sU-Net %dx%d, %d to %d channels, width %d x %s, %d blocks a level"
                        .formatted(
                                net.kind() == NetworkKind.EDM2 ? "magnitude-preserving " : "",
                                net.imageSize(),
                                net.imageSize(),
                                net.inChannels(),
                                net.outChannels(),
                                net.modelChannels(),
                                net.channelMult(),
                                net.resBlocks()));
        text.append(", attention at ").append(net.attentionResolutions());
        if (net.headChannels() != -1) {
            text.append(" with heads of ").append(net.headChannels());
        } else {
            text.append(" with ").append(net.heads()).append(" heads");
            if (net.headsUpsample() != -1 && net.headsUpsample() != net.heads()) {
                text.append(" and ").append(net.headsUpsample()).append(" going up");
            }
        }
        text.append(net.classes() > 0 ? ", " + net.classes() + " classes" : ", no classes");
        if (net.kind() == NetworkKind.EDM2) {
            return text.append(net.inChannels() > 3 ? ", works on latents" : "").toString();
        }
        text.append(net.scaleShiftNorm() ? ", scale-shift norm" : ", added time");
        if (!net.resblockUpdown()) {
            text.append(net.convResample() ? ", convolutions resample" : ", plain resampling");
        }
        if (net.patch() > 1) {
            text.append(", pixels folded ").append(net.patch()).append('x').append(net.patch());
        }
        if (net.outChannels() == 2 * net.inChannels()) {
            text.append(", learns sigma");
        }
        return text.toString();
    }
}
