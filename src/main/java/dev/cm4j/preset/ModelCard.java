package dev.cm4j.preset;

import dev.cm4j.model.ModelKind;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Everything about a finished model that is not a weight.
 *
 * @param network shape of the network
 * @param scalings c_skip, c_out, c_in
 * @param time the network's time input
 * @param range noise levels of the model
 * @param sigmas noise levels to sample at, falling, by their number
 * @param data what it was trained on
 * @param training how it was trained
 */
public record ModelCard(
        UNetConfig network,
        Scalings scalings,
        TimeInput time,
        NoiseRange range,
        Map<Integer, List<Double>> sigmas,
        Data data,
        Training training) {

    /** What the model is, where its scalings or the configuration of its training say so. */
    public Optional<ModelKind> kind() {
        return TrainedKind.of(scalings, training.configuration());
    }

    /** Classes one can ask for; the table may have one row more, for none. */
    public int classes() {
        return nullClass().orElse(network.classes());
    }

    /** The last row of the table where it stands for no class: one row more than names. */
    public OptionalInt nullClass() {
        int names = data.classNames().size();
        return names > 0 && network.classes() == names + 1
                ? OptionalInt.of(names)
                : OptionalInt.empty();
    }

    /**
     * The same model with other noise levels for a number of steps.
     *
     * @param levels falling, in the range
     * @return a new card
     */
    public ModelCard withSigmas(List<Double> levels) {
        Map<Integer, List<Double>> all = new TreeMap<>(sigmas);
        all.put(levels.size(), List.copyOf(levels));
        return new ModelCard(network, scalings, time, range, all, data, training);
    }

    /**
     * What a model was trained on.
     *
     * @param dataset its name
     * @param channels 1 for grey, 3 for colour
     * @param height in pixels
     * @param width in pixels
     * @param classNames names of the classes in label order; empty for a model without classes
     * @param fingerprint identity of the data
     */
    public record Data(
            String dataset,
            int channels,
            int height,
            int width,
            List<String> classNames,
            String fingerprint) {}

    /**
     * How a model was trained.
     *
     * @param preset name of the preset
     * @param average which weights it is: the label of an average, or {@code online}
     * @param steps optimiser steps
     * @param imagesSeen images trained on
     * @param seconds training time
     * @param seed of the run
     * @param cm4j version that trained it
     * @param configuration the resolved configuration as YAML
     */
    public record Training(
            String preset,
            String average,
            long steps,
            long imagesSeen,
            double seconds,
            long seed,
            String cm4j,
            String configuration) {}
}
