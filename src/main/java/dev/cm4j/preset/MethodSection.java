package dev.cm4j.preset;

import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import java.util.List;
import java.util.Optional;

/**
 * What is learnt: the parametrisation of the model and the objectives of its training.
 *
 * @param scalings c_skip, c_out, c_in
 * @param time the network's time input
 * @param range noise levels of the model
 * @param phases objectives over the run, not empty
 * @param labelDropout share of the images whose class is taken away in training, for guidance
 *     without a classifier; the table of classes then has a row for none, also where it is 0;
 *     absent: there is no such row
 */
public record MethodSection(
        Scalings scalings,
        TimeInput time,
        NoiseRange range,
        List<PhaseSection> phases,
        Optional<Double> labelDropout) {

    /**
     * A phase of the run.
     *
     * @param name a word for people
     * @param share of the run, relative to the other phases
     * @param objective what is minimised
     */
    public record PhaseSection(String name, double share, MethodObjective objective) {}

    public MethodSection {
        phases = List.copyOf(phases);
        if (phases.isEmpty()) {
            throw new IllegalArgumentException("method.phases is empty; one phase is the least");
        }
        if (labelDropout.filter(p -> !(p >= 0 && p < 1)).isPresent()) {
            throw new IllegalArgumentException(
                    "label_dropout must lie in [0, 1), but is " + labelDropout.get());
        }
    }
}
