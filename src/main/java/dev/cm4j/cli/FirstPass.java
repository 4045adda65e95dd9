package dev.cm4j.cli;

import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** One pass of a tiny network, which finds what only computing finds. */
final class FirstPass {

    private static final int SIDE = 8;
    private static final int CHANNELS = 32;

    private FirstPass() {}

    /**
     * Makes a network, and a picture with it.
     *
     * @return what was done
     * @throws RuntimeException saying what does not work here
     */
    static String run() {
        UNetConfig config =
                new UNetBuilder()
                        .imageSize(SIDE)
                        .inChannels(1)
                        .outChannels(1)
                        .modelChannels(CHANNELS)
                        .resBlocks(1)
                        .channelMult(List.of(1))
                        .attentionResolutions(List.of(SIDE))
                        .headChannels(CHANNELS)
                        .build();
        try (UNet net = UNet.create(config, 0);
                var _ = Scope.open();
                var noise = Rng.seeded(0)) {
            Tensor out =
                    net.forward(
                            noise.normal(1, 1, SIDE, SIDE),
                            Tensor.zeros(DType.F32, 1),
                            Optional.empty());
            if (out.isFinite().to(DType.F32).min().item() == 0) {
                throw new IllegalStateException(
                        "a tiny network computes numbers that are not finite; try"
                                + " CM4J_KERNELS=plain");
            }
        }
        return "a pass of a tiny one works";
    }
}
