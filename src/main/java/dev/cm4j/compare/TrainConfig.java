package dev.cm4j.compare;

import dev.cm4j.train.Budget;
import java.util.List;
import java.util.Optional;

/**
 * How an entry's model is trained.
 *
 * @param preset name of a preset, or path of one
 * @param set values that differ from it, {@code key.path=value}
 * @param minutes how long; absent: the steps, or the preset's length
 * @param steps or how many steps
 * @param teacher the entry it learns from, or begins with the weights of
 * @param seed of everything (absent: 0)
 */
public record TrainConfig(
        String preset,
        Optional<List<String>> set,
        Optional<Double> minutes,
        Optional<Long> steps,
        Optional<String> teacher,
        Optional<Long> seed) {

    /**
     * @throws IllegalArgumentException if there are two lengths
     */
    public TrainConfig {
        if (minutes.isPresent() && steps.isPresent()) {
            throw new IllegalArgumentException("minutes and steps exclude each other");
        }
        budget(minutes, steps); // says what is wrong with them
    }

    /** How long, empty for the preset's own length. */
    Optional<Budget> budget() {
        return budget(minutes, steps);
    }

    private static Optional<Budget> budget(Optional<Double> minutes, Optional<Long> steps) {
        return steps.map(Budget::steps).or(() -> minutes.map(Budget::minutes));
    }
}
