package dev.cm4j.preset;

import dev.cm4j.nn.UNetConfig;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import java.util.List;
import java.util.Map;

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
