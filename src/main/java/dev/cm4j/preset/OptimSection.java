package dev.cm4j.preset;

import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.schedule.LearningRate;
import dev.cm4j.train.Accumulation;
import dev.cm4j.train.RunRate;
import dev.cm4j.train.SnapshotConfig;
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
 * @param snapshots what is kept of the averages of kind {@code power}, to make averages of other
 *     widths afterwards; absent: nothing
 */
public record OptimSection(
        OptimizerConfig optimizer,
        RunRate learningRate,
        int batchSize,
        Optional<Integer> microBatch,
        Optional<Accumulation> accumulation,
        Optional<Double> clipNorm,
        List<PresetAverage> averages,
        Optional<SnapshotConfig> snapshots) {

    public OptimSection {
        averages = List.copyOf(averages);
        if (snapshots.isPresent()
                && averages.stream().noneMatch(PresetAverage.PowerAverage.class::isInstance)) {
            throw new IllegalArgumentException(
                    "snapshots are taken of averages of kind power, but averages has none;"
                            + " write optim.averages=[{kind: power, sigma_rel: 0.05}, {kind: power,"
                            + " sigma_rel: 0.1}] and sampling.average=power-0.1");
        }
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
