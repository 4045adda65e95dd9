package dev.cm4j.compare;

import java.util.List;
import java.util.Optional;

/**
 * A model and the samplers it is measured with.
 *
 * @param name on the page
 * @param dataset which one it was trained on and is judged beside
 * @param model a file or folder that {@code cm4j sample} takes; or
 * @param train how to make it
 * @param teacher of a {@code model}: the entry whose training belongs to its cost
 * @param samplers none for a model that only teaches
 */
public record EntryConfig(
        String name,
        String dataset,
        Optional<String> model,
        Optional<TrainConfig> train,
        Optional<String> teacher,
        Optional<List<SamplerConfig>> samplers) {

    /**
     * @throws IllegalArgumentException if there is not one of model and train
     */
    public EntryConfig {
        Names.require("entry", name);
        if (model.isPresent() == train.isPresent()) {
            throw new IllegalArgumentException(
                    "entry %s needs either model or train".formatted(name));
        }
        if (train.isPresent() && teacher.isPresent()) {
            throw new IllegalArgumentException(
                    "entry %s is trained, so its teacher stands in train".formatted(name));
        }
    }

    /** The entry that taught it. */
    Optional<String> taughtBy() {
        return teacher.or(() -> train.flatMap(TrainConfig::teacher));
    }

    /** How it is measured. */
    List<SamplerConfig> measured() {
        return samplers.orElse(List.of());
    }

    /** The same measured with these samplers alone. */
    EntryConfig withSamplers(List<SamplerConfig> some) {
        return new EntryConfig(name, dataset, model, train, teacher, Optional.of(some));
    }

    /** The same with a model that exists. */
    EntryConfig withModel(String file) {
        return new EntryConfig(
                name, dataset, Optional.of(file), Optional.empty(), taughtBy(), samplers);
    }
}
