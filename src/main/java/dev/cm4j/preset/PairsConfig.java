package dev.cm4j.preset;

import dev.cm4j.schedule.NoiseRange;
import java.util.Optional;

/**
 * Which pairs of noise and picture a teacher makes.
 *
 * @param count how many, at least 1
 * @param samplerSteps steps of Heun's method, at least 1
 * @param guidance weight of classifier-free guidance; absent: none
 * @param range noise levels of the sampler
 */
public record PairsConfig(
        int count, int samplerSteps, Optional<Double> guidance, NoiseRange range) {

    public PairsConfig {
        if (count < 1 || samplerSteps < 1) {
            throw new IllegalArgumentException(
                    count + " pairs made in " + samplerSteps + " steps; both must be at least 1");
        }
    }
}
