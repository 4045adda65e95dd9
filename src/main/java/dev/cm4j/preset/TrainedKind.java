package dev.cm4j.preset;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.model.ModelKind;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.SeedScalings;
import dev.cm4j.schedule.TrigFlowScalings;
import java.util.Optional;
import java.util.Set;

/**
 * Tells what a training has made: the objective of its last phase decides, unless the scalings do.
 */
final class TrainedKind {

    private static final Set<String> DIFFUSION = Set.of("edm", "pd", "trigflow");

    private TrainedKind() {}

    /**
     * @param scalings of the model
     * @param configuration the resolved configuration as YAML
     * @return the kind; empty where neither tells
     */
    static Optional<ModelKind> of(Scalings scalings, String configuration) {
        return switch (scalings) {
            case BoundaryScalings _, SeedScalings _ -> Optional.of(ModelKind.CONSISTENCY);
            case EdmScalings _, TrigFlowScalings _ -> ofTraining(configuration);
        };
    }

    private static Optional<ModelKind> ofTraining(String configuration) {
        JsonNode phases;
        try {
            phases = PresetTree.parse(configuration, "configuration").path("method").path("phases");
        } catch (PresetException e) {
            return Optional.empty(); // not of a training run
        }
        JsonNode objective = phases.path(phases.size() - 1).path("objective");
        String kind = objective.path("kind").asText();
        if (kind.isEmpty()) {
            return Optional.empty();
        }
        boolean diffusion = DIFFUSION.contains(kind) || denoising(objective.path("stages"));
        return Optional.of(diffusion ? ModelKind.DIFFUSION : ModelKind.CONSISTENCY);
    }

    /** Easy consistency tuning that never leaves stage −1 is denoising. */
    private static boolean denoising(JsonNode stages) {
        return stages.path("first").asInt(0) == -1 && stages.path("count").asInt(0) == 1;
    }
}
