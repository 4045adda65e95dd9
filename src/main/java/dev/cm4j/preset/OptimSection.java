package dev.cm4j.preset;

import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.schedule.LearningRate;
import dev.cm4j.train.Accumulation;
import dev.cm4j.train.RunRate;
import java.util.List;
import java.util.Optional;

/**
 * How weights move.
 *
 * @param optimizer its kind and constants
 * @param learningRate rate over the run
 * @param batchSize images of a step
 * @param microBatch images of a forward pass; absent: the whole batch
 * @param accumulation how micro-batches become a batch: {@code by-share}, or {@code summed} as the
 *     original code does; absent: by share
 * @param clipNorm largest gradient norm of a step; absent: no clipping
 * @param averages evaluation averages
 */
public record OptimSection(
        OptimizerConfig optimizer,
        RunRate learningRate,
        int batchSize,
        Optional<Integer> microBatch,
        Optional<Accumulation> accumulation,
        Optional<Double> clipNorm,
        List<PresetAverage> averages) {

    public OptimSection {
        averages = List.copyOf(averages);
        switch (learningRate.start()) {
            case LearningRate.LinearToZero _, LearningRate.WarmUpLinearTail _ ->
                    throw new IllegalArgumentException(
                            "learning_rate.start falls to zero by itself; use warm-up or constant"
                                    + " with learning_rate.tail, which also fits runs measured in"
                                    + " minutes");
            case LearningRate.Constant _,
                    LearningRate.WarmUp _,
                    LearningRate.InverseSquareRoot _ -> {}
        }
    }
}
