package dev.cm4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;

/**
 * What one optimiser step, or the mean of several, looked like.
 *
 * @param step k after the step
 * @param progress share of the run done before the step, in [0, 1]
 * @param phase index of the phase of the recipe, from 0
 * @param loss mean loss of the batch
 * @param lossByNoise mean loss of each quarter of the batch ordered by noise level, the quietest
 *     first
 * @param gradientNorm ‖∇θ‖₂ before clipping, NaN where it was not measured
 * @param learningRate rate of the optimiser
 * @param scales N(k), grid points of the curriculum, or the stage of a method without grid, else 0
 * @param targetRate μ(k), 0 where the target is the online network
 * @param batchSize images of a step
 * @param imagesSeen images trained on since the beginning of the run
 * @param seconds training time since the beginning of the run
 * @param imagesPerSecond speed
 * @param skippedSteps steps left out so far because a loss or gradient was not finite
 * @param lossScale lg of the {@link LossScale} of the step, NaN where the loss was taken as it is
 */
public record StepRecord(
        long step,
        double progress,
        int phase,
        double loss,
        List<Double> lossByNoise,
        double gradientNorm,
        double learningRate,
        int scales,
        double targetRate,
        int batchSize,
        long imagesSeen,
        double seconds,
        double imagesPerSecond,
        long skippedSteps,
        double lossScale) {

    public StepRecord {
        lossByNoise = List.copyOf(lossByNoise);
    }

    /**
     * Losses, norms and speed averaged over consecutive steps; everything else as in the last one.
     *
     * @throws IllegalArgumentException if there are none
     */
    public static StepRecord mean(List<StepRecord> records) {
        if (records.isEmpty()) {
            throw new IllegalArgumentException("the mean of no steps is not defined");
        }
        StepRecord last = records.getLast();
        List<Double> quarters = new ArrayList<>();
        for (int q = 0; q < last.lossByNoise.size(); q++) {
            int quarter = q;
            quarters.add(average(records.stream().mapToDouble(r -> r.lossByNoise.get(quarter))));
        }
        double busy = records.stream().mapToDouble(r -> r.batchSize / r.imagesPerSecond).sum();
        double images = records.stream().mapToDouble(StepRecord::batchSize).sum();
        return new StepRecord(
                last.step,
                last.progress,
                last.phase,
                average(records.stream().mapToDouble(StepRecord::loss)),
                quarters,
                average(records.stream().mapToDouble(StepRecord::gradientNorm)),
                last.learningRate,
                last.scales,
                last.targetRate,
                last.batchSize,
                last.imagesSeen,
                last.seconds,
                images / busy,
                last.skippedSteps,
                last.lossScale);
    }

    /** Mean of the values that are numbers, NaN where none is. */
    private static double average(DoubleStream values) {
        return values.filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
    }
}
