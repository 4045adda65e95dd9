package dev.cm4j;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.SourceOptions;
import dev.cm4j.convert.StoredNetwork;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.SourceCard;
import java.nio.file.Path;

/**
 * Models of every kind of checkpoint, cm4j's own among them. Their weights stay in the files until
 * they are needed, so that no second copy of them is ever held.
 */
final class CheckpointModel {

    private CheckpointModel() {}

    /**
     * Reads a checkpoint.
     *
     * @param path a cm4j model, a {@code .pt} or {@code .safetensors} file, or a folder of
     *     diffusers
     * @param options what is known about it
     * @return the model, its network the caller's to close
     * @throws FormatException if it is no model, or asks for what cm4j has not
     */
    static LoadedModel open(Path path, SourceOptions options) {
        try (CheckpointSource source = CheckpointSource.open(path, options)) {
            options.requireUseful(source);
            ModelCard card = SourceCard.of(source);
            int timesteps = source.noise().trainTimesteps().orElse(LoadedModel.PUBLISHED_TIMESTEPS);
            return new LoadedModel(
                    card, timesteps, StoredNetwork.open(path, card.network(), source));
        }
    }
}
