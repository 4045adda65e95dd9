package dev.cm4j.compare;

import dev.cm4j.Generator;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.model.Denoiser;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.SourceCard;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether samplers suit the models of a comparison, told by presets and cards alone: nothing is
 * trained, and no weight is read.
 */
final class Suitability {

    private static final int STEPS_OF_A_GRID = 40; // any: no sampler suits because of it
    private static final Denoiser NOTHING =
            (_, _, _) -> {
                throw new IllegalStateException("this model is not there yet");
            };

    private final ComparisonConfig config;
    private final Workplace place;

    /**
     * A sampler that an entry cannot be measured with.
     *
     * @param entry its name
     * @param sampler which
     * @param reason why, in one sentence
     */
    record Refusal(String entry, SamplerConfig sampler, String reason) {}

    /**
     * @param config what is compared
     * @param place where
     */
    Suitability(ComparisonConfig config, Workplace place) {
        this.config = config;
        this.place = place;
    }

    /** The samplers that do not suit, in the order of the comparison. */
    List<Refusal> refusals() {
        List<Refusal> refusals = new ArrayList<>();
        for (EntryConfig entry : config.entries()) {
            if (!entry.measured().isEmpty()) {
                Generator model = described(entry);
                for (SamplerConfig sampler : entry.measured()) {
                    try {
                        sampler.samplers(
                                model, () -> described(config.entry(sampler.from().orElseThrow())));
                    } catch (IllegalArgumentException e) {
                        refusals.add(new Refusal(entry.name(), sampler, e.getMessage()));
                    }
                }
            }
        }
        return List.copyOf(refusals);
    }

    private Generator described(EntryConfig entry) {
        return entry.train().isPresent() ? learnt(entry) : given(entry);
    }

    private Generator learnt(EntryConfig entry) {
        Preset preset = new Lesson(entry, config.dataset(entry.dataset()), place).preset();
        return new Generator(
                NOTHING,
                preset.data().channels(),
                preset.data().height(),
                preset.data().width(),
                preset.data().classNames().size(),
                preset.method().range().grid(STEPS_OF_A_GRID),
                preset.sampling().sigmas(),
                preset.kind());
    }

    private Generator given(EntryConfig entry) {
        Path file = Path.of(place.place(entry.model().orElseThrow()));
        try (CheckpointSource source = CheckpointSource.open(file)) {
            ModelCard card = SourceCard.of(source);
            return new Generator(
                    NOTHING,
                    card.data().channels(),
                    card.data().height(),
                    card.data().width(),
                    card.classes(),
                    card.range().grid(STEPS_OF_A_GRID),
                    card.sigmas(),
                    card.kind());
        }
    }
}
