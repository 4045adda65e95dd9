package dev.cm4j.convert;

import dev.cm4j.schedule.DiffusersTimesteps;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;

/**
 * {@code scheduler/scheduler_config.json}: how a consistency model of diffusers samples.
 *
 * <p>Source: huggingface/diffusers, {@code scheduling_consistency_models.py}.
 *
 * @param trainTimesteps points of the training grid; 40 after distillation, 201 or 151 after
 *     training alone
 * @param sigmaMin ε, smallest noise level, positive
 * @param sigmaMax T, largest noise level, above ε
 * @param sigmaData spread of the data, positive
 * @param noiseScale factor of the noise added between steps, {@code s_noise}, not negative
 * @param rho curvature of the grid, positive
 * @param clipDenoised whether every estimate of the clean image is limited to [−1, 1]
 */
public record SchedulerConfig(
        int trainTimesteps,
        double sigmaMin,
        double sigmaMax,
        double sigmaData,
        double noiseScale,
        double rho,
        boolean clipDenoised) {

    /** What diffusers takes where a file does not say. */
    public static final SchedulerConfig DEFAULT =
            new SchedulerConfig(40, 0.002, 80, 0.5, 1, 7, true);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if a number is out of its range
     */
    public SchedulerConfig {
        new DiffusersTimesteps(trainTimesteps, new NoiseRange(sigmaMin, sigmaMax, rho));
        Scalings.requireSigmaData(sigmaData);
        if (!(noiseScale >= 0 && noiseScale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "s_noise must not be negative, but is " + noiseScale);
        }
    }

    /**
     * The same sampling after another kind of training.
     *
     * @param points points of the training grid
     * @return a new configuration
     */
    public SchedulerConfig withTrainTimesteps(int points) {
        return new SchedulerConfig(
                points, sigmaMin, sigmaMax, sigmaData, noiseScale, rho, clipDenoised);
    }

    /**
     * The noise levels to choose from.
     *
     * @return the training grid
     */
    public DiffusersTimesteps timesteps() {
        return new DiffusersTimesteps(trainTimesteps, new NoiseRange(sigmaMin, sigmaMax, rho));
    }
}
