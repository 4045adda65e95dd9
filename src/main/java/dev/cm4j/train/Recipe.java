package dev.cm4j.train;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import java.util.List;

/**
 * Everything that decides what a run learns, apart from data, seed and length.
 *
 * @param network shape of the network
 * @param scalings c_skip, c_out, c_in
 * @param time the network's time input
 * @param phases objectives over the run
 * @param learningRate rate of the optimiser over the run
 * @param optimizer its kind and constants
 * @param clipNorm largest ‖∇θ‖₂ a step may have, positive; infinity: no clipping
 * @param averages evaluation averages, may be empty
 * @param batchSize images of a step, positive
 * @param microBatch images of a forward pass, positive; gradients are summed over the batch. Where
 *     {@code accumulation} adds them up as they are, the last part may be smaller, as it is in the
 *     original code
 * @param flips whether images are mirrored at random
 * @param accumulation how the gradients of micro-batches become that of the batch
 * @param labelDropout share of the images whose class is taken away in training, in [0, 1); the
 *     table of classes then has one row more, for none
 */
public record Recipe(
        UNetConfig network,
        Scalings scalings,
        TimeInput time,
        Phases phases,
        RunRate learningRate,
        OptimizerConfig optimizer,
        double clipNorm,
        List<AverageConfig> averages,
        int batchSize,
        int microBatch,
        boolean flips,
        Accumulation accumulation,
        double labelDropout) {

    public Recipe {
        averages = List.copyOf(averages);
        if (batchSize < 1 || microBatch < 1) {
            throw new IllegalArgumentException(
                    "batch size "
                            + batchSize
                            + " and micro-batch "
                            + microBatch
                            + " must be positive");
        }
        boolean rest = batchSize % Math.min(microBatch, batchSize) != 0;
        if (rest && accumulation != Accumulation.SUMMED) {
            throw new IllegalArgumentException(
                    "batch size "
                            + batchSize
                            + " is not a multiple of micro-batch "
                            + microBatch
                            + "; try "
                            + largestDivisor(batchSize, microBatch));
        }
        if (!(labelDropout >= 0 && labelDropout < 1)) {
            throw new IllegalArgumentException(
                    "the share of dropped labels must lie in [0, 1), but is " + labelDropout);
        }
        if (labelDropout > 0 && network.classes() < 2) {
            throw new IllegalArgumentException(
                    "labels are dropped from a network with classes and a row for none; this one"
                            + " has "
                            + network.classes()
                            + " rows");
        }
        boolean fixedFrequencies =
                network.kind() == NetworkKind.NCSNPP || network.kind() == NetworkKind.EDM2;
        if (fixedFrequencies && optimizer.weightDecay() > 0) {
            throw new IllegalArgumentException(
                    "weight decay %s would shrink the fixed frequencies of a network of kind %s; it must be 0"
                            .formatted(optimizer.weightDecay(), network.kind().key()));
        }
        if (!(clipNorm > 0)) {
            throw new IllegalArgumentException("clip norm " + clipNorm + " is not positive");
        }
        long labels = averages.stream().map(AverageConfig::label).distinct().count();
        if (labels != averages.size()) {
            throw new IllegalArgumentException("two averages have the same name: " + averages);
        }
    }

    /** A recipe with gradients weighted by share and all labels kept. */
    public Recipe(
            UNetConfig network,
            Scalings scalings,
            TimeInput time,
            Phases phases,
            RunRate learningRate,
            OptimizerConfig optimizer,
            double clipNorm,
            List<AverageConfig> averages,
            int batchSize,
            int microBatch,
            boolean flips) {
        this(
                network,
                scalings,
                time,
                phases,
                learningRate,
                optimizer,
                clipNorm,
                averages,
                batchSize,
                microBatch,
                flips,
                Accumulation.BY_SHARE,
                0);
    }

    private static int largestDivisor(int number, int atMost) {
        int divisor = atMost;
        while (number % divisor != 0) {
            divisor--;
        }
        return divisor;
    }

    /**
     * The same recipe with another number of images in a forward pass, which changes what a step
     * needs and not what it does.
     *
     * @throws IllegalArgumentException if the batch is not a multiple of it and has to be
     */
    public Recipe withMicroBatch(int images) {
        return new Recipe(
                network,
                scalings,
                time,
                phases,
                learningRate,
                optimizer,
                clipNorm,
                averages,
                batchSize,
                images,
                flips,
                accumulation,
                labelDropout);
    }

    /** Whether any phase keeps a target network of its own. */
    public boolean hasTarget() {
        return phases.list().stream()
                .anyMatch(phase -> !phase.targetRate().equals(new FixedRate(0)));
    }

    /** Whether any phase learns the weight of its losses. */
    public boolean learnsWeight() {
        return phases.list().stream().anyMatch(phase -> phase.objective().learnsWeight());
    }

    /** The network as a consistency function. */
    public ConsistencyModel model(UNet net) {
        return new ConsistencyModel(net, scalings, time);
    }
}
