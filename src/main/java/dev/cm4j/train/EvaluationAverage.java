package dev.cm4j.train;

import dev.cm4j.nn.UNet;

/**
 * A network whose weights are an average over the run.
 *
 * @param config name and rate
 * @param network the averaged weights; owned by the {@link TrainState}
 */
public record EvaluationAverage(AverageConfig config, UNet network) {}
