package dev.cm4j.cli;

import dev.cm4j.Cm4j;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.NoiseFacts;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.preset.SourceCard;
import java.util.List;
import java.util.Map;

/** The card of a model that another program trained: what is known, and that it was converted. */
final class ConvertedCard {

    private ConvertedCard() {}

    /**
     * The metadata of a cm4j model file with the weights of a checkpoint.
     *
     * @param source an open checkpoint with a network
     * @param digest SHA-256 of its tensors
     */
    static Map<String, String> metadata(CheckpointSource source, String digest) {
        ModelCard card = SourceCard.of(source);
        if (!source.metadata().isEmpty()) {
            return ModelFile.metadata(card);
        }
        return ModelFile.metadata(
                new ModelCard(
                        card.network(),
                        card.scalings(),
                        card.time(),
                        card.range(),
                        levels(source.noise().orElseThrow()),
                        card.data(),
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
