package dev.cm4j.train;

import dev.cm4j.data.Batch;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;

/**
 * What training really holds at its worst moment: one preview and one step on grey images, counted.
 *
 * <p>The step is the last of the run: no phase asks for more than one that compares two noise
 * levels.
 */
public final class MeasuredMemory {

    private static final double ALMOST_DONE = 0.999;

    private MeasuredMemory() {}

    /**
     * Draws from the first average of a recipe, takes one step, and throws its result away.
     *
     * @param recipe also says how the batch is taken
     * @param precision arithmetic of the networks
     * @param checkpointing whether blocks are recomputed in the backward pass
     * @return the largest number of bytes that networks, optimiser and step held together
     * @throws dev.cm4j.foreign.TorchOutOfMemoryException if a limit set for the process is met
     */
    public static long ofStep(Recipe recipe, Precision precision, boolean checkpointing) {
        NativeMemory.resetPeak();
        long before = NativeMemory.now();
        try (TrainState state = TrainState.create(recipe, 0);
                Scope _ = Scope.open()) {
            state.precision(precision);
            state.checkpointing(checkpointing);
            Batch batch = grey(recipe);
            preview(state, batch); // what it leaves with the average is there in the steps after it
            new TrainingStep(0).take(state, batch, new Progress(0, -1, ALMOST_DONE));
        }
        return NativeMemory.peak() - before;
    }

    private static void preview(TrainState state, Batch batch) {
        if (state.averages().isEmpty()) {
            return;
        }
        int images = Math.min(state.recipe().microBatch(), batch.size());
        double[] sigma = new double[images];
        Arrays.fill(sigma, 1);
        UNet net = state.averages().getFirst().network();
        try (Scope _ = Scope.open()) {
            state.recipe()
                    .model(net)
                    .denoise(
                            batch.images().narrow(0, 0, images),
                            sigma,
                            batch.labels().map(all -> all.narrow(0, 0, images)));
        }
    }

    private static Batch grey(Recipe recipe) {
        UNetConfig network = recipe.network();
        int images = recipe.batchSize();
        int side = network.imageSize();
        Optional<Tensor> labels =
                network.classes() == 0
                        ? Optional.empty()
                        : Optional.of(Tensor.zeros(DType.I64, images));
        return new Batch(
                Tensor.zeros(DType.F32, images, network.inChannels(), side, side), labels, 0);
    }
}
