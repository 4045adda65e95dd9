package dev.cm4j;

import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** An untrained model file, small enough for any test. */
public final class TinyModel {

    private TinyModel() {}

    /**
     * Writes a model of grey 28×28 pictures.
     *
     * @param file where
     * @param classes number of classes, 0 for none
     * @return the file
     */
    public static Path write(Path file, int classes) {
        UNetConfig config =
                new UNetBuilder()
                        .imageSize(28)
                        .inChannels(1)
                        .outChannels(1)
                        .modelChannels(32)
                        .resBlocks(1)
                        .channelMult(List.of(1))
                        .attentionResolutions(List.of())
                        .headChannels(32)
                        .classes(classes)
                        .patch(4)
                        .build();
        var card =
                new ModelCard(
                        config,
                        new EdmScalings(.5),
                        new TimeInput(1000),
                        NoiseRange.STANDARD,
                        Map.of(1, List.of(80.0), 2, List.of(80.0, .8)),
                        new ModelCard.Data(
                                "digits",
                                1,
                                28,
                                28,
                                IntStream.range(0, classes).mapToObj(Integer::toString).toList(),
                                "0".repeat(64)),
                        new ModelCard.Training(
                                "tiny",
                                "online",
                                0,
                                0,
                                0,
                                3,
                                "0.1.0",
                                "data:\n  dataset: digits\n"));
        try (UNet net = UNet.create(config, 3)) {
            stir(net);
            ModelFile.save(file, card, net, DType.F32);
        }
        return file;
    }

    /** A new network ends in zeros, so that its pictures would not show what it computes. */
    private static void stir(UNet net) {
        try (var _ = Scope.open();
                var noise = Rng.seeded(3)) {
            for (Tensor weight : net.parameters().values()) {
                if (weight.rank() > 1) {
                    weight.assign(weight.plus(noise.normal(weight.shape()).times(.05)));
                }
            }
        }
    }
}
