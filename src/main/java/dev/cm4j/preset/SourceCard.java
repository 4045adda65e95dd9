package dev.cm4j.preset;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.NoiseFacts;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.SeedScalings;
import dev.cm4j.train.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The card of an open checkpoint: its own where it has one, else what is known of it. */
public final class SourceCard {

    private static final String UNKNOWN = "unknown";

    private SourceCard() {}

    /**
     * Describes a checkpoint.
     *
     * @param source an open checkpoint
     * @return a card of its network; of another program's, with noise levels to sample at only
     *     where that program has lists of them
     * @throws FormatException if its own card is damaged
     */
    public static ModelCard of(CheckpointSource source) {
        UNetConfig network = source.network();
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
        NoiseFacts noise = source.noise();
        Optional<Preset> trained = source.checkpoint().map(Path::getParent).flatMap(SourceCard::of);
        if (trained.isPresent()) {
            return ofRun(network, noise, trained.get());
        }
        List<String> classes =
                IntStream.range(0, network.classes()).mapToObj(Integer::toString).toList();
        return new ModelCard(
                network,
                noise.scalings(),
                noise.time(),
                noise.range(),
                levels(noise),
                new ModelCard.Data(
                        UNKNOWN,
                        network.inChannels(),
                        network.imageSize(),
                        network.imageSize(),
                        classes,
                        ""),
                new ModelCard.Training(UNKNOWN, UNKNOWN, 0, 0, 0, 0, UNKNOWN, ""));
    }

    /** The preset of a run; empty for a checkpoint that lies elsewhere. */
    private static Optional<Preset> of(Path run) {
        Path configuration = RunFolder.configuration(run);
        String name = RunFolder.facts(run).getOrDefault("preset", "");
        return name.isEmpty() || !Files.exists(configuration)
                ? Optional.empty()
                : Optional.of(Presets.resolved(name, configuration));
    }

    private static ModelCard ofRun(UNetConfig network, NoiseFacts noise, Preset preset) {
        DataSection data = preset.data();
        return new ModelCard(
                network,
                noise.scalings(),
                noise.time(),
                noise.range(),
                preset.sampling().sigmas(),
                new ModelCard.Data(
                        data.dataset(),
                        data.channels(),
                        data.height(),
                        data.width(),
                        network.classes() > 0 ? data.classNames() : List.of(),
                        ""),
                new ModelCard.Training(preset.name(), UNKNOWN, 0, 0, 0, 0, UNKNOWN, preset.text()));
    }

    /** The lists of main.py in cloneofsimo/consistency_models; others sample on a grid. */
    private static Map<Integer, List<Double>> levels(NoiseFacts noise) {
        return noise.scalings() instanceof SeedScalings
                ? Map.of(
                        1,
                        List.of(noise.range().sigmaMax()),
                        2,
                        List.of(80.0, 2.0),
                        5,
                        List.of(80.0, 40.0, 20.0, 10.0, 5.0))
                : Map.of();
    }
}
