package dev.cm4j.cli;

import dev.cm4j.Cm4j;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.ModelFile;
import dev.cm4j.preset.SourceCard;
import java.util.Map;

/** The card of a model that another program trained: what is known, and that it was converted. */
final class ConvertedCard {

    private ConvertedCard() {}

    /**
     * The metadata of a cm4j model file with the weights of a checkpoint. Levels to sample at,
     * which the weights do not say, are not made up: the file samples by default as its source
     * does.
     *
     * @param source an open checkpoint with a network
     * @param digest SHA-256 of its tensors
     */
    static Map<String, String> metadata(CheckpointSource source, String digest) {
        ModelCard card = SourceCard.of(source);
        if (!card.training().configuration().isEmpty()) {
            return ModelFile.metadata(card);
        }
        return ModelFile.metadata(
                new ModelCard(
                        card.network(),
                        card.scalings(),
                        card.time(),
                        card.range(),
                        card.sigmas(),
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
}
