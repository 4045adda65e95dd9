package dev.cm4j.preset;

import dev.cm4j.tensor.DType;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a finished model is and how it is sampled unless told otherwise.
 *
 * @param average label of the evaluation average that becomes the model, or {@code online}
 * @param storage element type of the weights in the model file: f32, f16 or bf16
 * @param sigmas noise levels, falling, by their number: {@code 2: [80, 0.8]}
 */
public record SamplingSection(String average, DType storage, Map<Integer, List<Double>> sigmas) {

    /** The name of the weights that are not averaged. */
    public static final String ONLINE = "online";

    public SamplingSection {
        if (storage != DType.F32 && storage != DType.F16 && storage != DType.BF16) {
            throw new IllegalArgumentException(
                    "weights are stored as f32, f16 or bf16, not as " + storage);
        }
        sigmas = Collections.unmodifiableMap(new TreeMap<>(sigmas));
        sigmas.forEach(SamplingSection::check);
        if (sigmas.isEmpty()) {
            throw new IllegalArgumentException("sigmas needs at least one entry, such as 1: [80]");
        }
    }

    private static void check(int steps, List<Double> levels) {
        if (levels.size() != steps) {
            throw new IllegalArgumentException(
                    "sigmas of " + steps + " steps are " + levels + ", which are " + levels.size());
        }
        for (int i = 0; i < steps; i++) {
            if (!(levels.get(i) > 0) || (i > 0 && levels.get(i) >= levels.get(i - 1))) {
                throw new IllegalArgumentException(
                        "sigmas " + levels + " must be positive and fall");
            }
        }
    }
}
