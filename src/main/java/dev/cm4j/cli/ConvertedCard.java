package dev.cm4j.cli;

import dev.cm4j.Cm4j;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.NoiseFacts;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The card of a model that another program trained: what is known, and that it was converted. */
final class ConvertedCard {

    private static final String MODEL = "cm4j.model";

    private ConvertedCard() {}

    /**
     * The metadata of a cm4j model file with the weights of a checkpoint.
     *
     * @param source an open checkpoint with a network
     * @param digest SHA-256 of its tensors
     */
    static Map<String, String> metadata(CheckpointSource source, String digest) {
        UNetConfig network = source.network().orElseThrow();
        NoiseFacts noise = source.noise().orElseThrow();
        if (source.metadata().containsKey(MODEL)) {
            ModelCard card = ModelFile.card(source.path(), source.metadata());
            return ModelFile.metadata(
                    new ModelCard(
                            network,
                            card.scalings(),
                            card.time(),
                            card.range(),
                            card.sigmas(),
                            card.data(),
                            card.training()));
        }
        return ModelFile.metadata(
                new ModelCard(
                        network,
                        noise.scalings(),
                        noise.time(),
                        noise.range(),
                        levels(noise),
                        new ModelCard.Data(
                                "unknown",
                                network.inChannels(),
                                network.imageSize(),
                                network.imageSize(),
                                IntStream.range(0, network.classes())
                                        .mapToObj(Integer::toString)
                                        .toList(),
                                ""),
                        new ModelCard.Training(
                                "converted",
                                "online",
                                0,
                                0,
                                0,
                                0,
                                Cm4j.VERSION,
                                "# converted from "
                                        + source.path().getFileName()
                                        + ", tensors sha256 "
                                        + digest
                                        + "\n")));
    }

    /** One step from the top; two, the second from the middle of the training grid. */
    private static Map<Integer, List<Double>> levels(NoiseFacts noise) {
        double top = noise.range().sigmaMax();
        int points = noise.trainTimesteps().orElse(40);
        int index = Math.min(points / 2 + 2, points - 1); // 22 of 40, as published
        double middle = noise.range().at((double) index / (points - 1));
        return Map.of(1, List.of(top), 2, List.of(top, middle));
    }
}
