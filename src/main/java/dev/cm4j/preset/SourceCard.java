package dev.cm4j.preset;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.NoiseFacts;
import dev.cm4j.nn.UNetConfig;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The card of an open checkpoint: its own where it has one, else what is known of it. */
public final class SourceCard {

    private static final String UNKNOWN = "unknown";

    private SourceCard() {}

    /**
     * Describes a checkpoint.
     *
     * @param source an open checkpoint
     * @return a card of its network; of another program's, without noise levels to sample at
     * @throws FormatException if cm4j cannot run its network, or its own card is damaged
     */
    public static ModelCard of(CheckpointSource source) {
        UNetConfig network = source.network().orElseThrow(() -> notRun(source));
        if (!source.metadata().isEmpty()) {
            ModelCard own = ModelFile.card(source.path(), source.metadata());
            return new ModelCard(
                    network,
                    own.scalings(),
                    own.time(),
                    own.range(),
                    own.sigmas(),
                    own.data(),
                    own.training());
        }
        NoiseFacts noise = source.noise().orElseThrow(() -> notRun(source));
        List<String> classes =
                IntStream.range(0, network.classes()).mapToObj(Integer::toString).toList();
        return new ModelCard(
                network,
                noise.scalings(),
                noise.time(),
                noise.range(),
                Map.of(),
                new ModelCard.Data(
                        UNKNOWN,
                        network.inChannels(),
                        network.imageSize(),
                        network.imageSize(),
                        classes,
                        ""),
                new ModelCard.Training(UNKNOWN, UNKNOWN, 0, 0, 0, 0, UNKNOWN, ""));
    }

    private static FormatException notRun(CheckpointSource source) {
        return new FormatException(
                source.path(), "a network that cm4j converts and does not run", "an ADM U-Net");
    }
}
