package dev.cm4j.train;

import dev.cm4j.loss.Distance;
import dev.cm4j.loss.L2;
import dev.cm4j.loss.L2Norm;
import dev.cm4j.loss.PairLevels;
import dev.cm4j.loss.PseudoHuber;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.NetworkKind;
import dev.cm4j.nn.TrainingGraph;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A whole training step as one native call: noise added, both passes, loss, backward pass,
 * clipping, optimiser, averages and target. On a CUDA device the sequence is captured once and then
 * launched as a graph; what changes from step to step goes in as numbers.
 *
 * <p>One graph serves one structure: shape of the batch and distance. It lives until closed.
 */
final class StepGraph implements AutoCloseable {

    /** Averages that one pass of the optimiser can carry, the target included. */
    private static final int MOST_AVERAGES = 8;

    private static final int POINT_ROWS = 5;

    private final TrainingGraph graph;
    private final Structure structure;

    /** What a graph is made for. */
    private record Structure(List<Long> shape, Distance distance, boolean nanIsZero) {}

    /**
     * What a step found.
     *
     * @param losses weighted loss of each sample
     * @param norm of the gradients before clipping
     */
    record Found(double[] losses, double norm) {}

    private StepGraph(TrainState state, Structure structure) {
        this.structure = structure;
        List<UNet> followers = new ArrayList<>();
        state.averages().forEach(average -> followers.add(average.network()));
        state.target().ifPresent(followers::add);
        long[] shape = structure.shape().stream().mapToLong(Long::longValue).toArray();
        Optional<Double> huber =
                switch (structure.distance()) {
                    case PseudoHuber d -> Optional.of(d.c());
                    case L2Norm _ -> Optional.of(0.0);
                    default -> Optional.empty();
                };
        try (Scope _ = Scope.open()) {
            graph =
                    TrainingGraph.create(
                            state.online(),
                            state.target(),
                            state.optimizer().handle(),
                            followers.stream().map(UNet::weights).toList(),
                            shape,
                            huber,
                            structure.nanIsZero());
        }
    }

    /** Whether steps with these levels can be graphs. */
    static boolean serves(TrainState state, PairLevels levels) {
        boolean known =
                levels.distance() instanceof L2
                        || levels.distance() instanceof L2Norm
                        || levels.distance() instanceof PseudoHuber;
        int followers = state.averages().size() + (state.target().isPresent() ? 1 : 0);
        boolean graphed = state.online().config().kind() == NetworkKind.ADM;
        return graphed && known && followers <= MOST_AVERAGES;
    }

    /** This graph if it is for such a step, else a new one in its place. */
    static StepGraph suited(
            Optional<StepGraph> present, TrainState state, Tensor x0, PairLevels levels) {
        List<Long> shape = Arrays.stream(x0.shape()).boxed().toList();
        Structure wanted = new Structure(shape, levels.distance(), levels.nanIsZero());
        if (present.isPresent() && present.get().structure.equals(wanted)) {
            return present.get();
        }
        present.ifPresent(StepGraph::close);
        return new StepGraph(state, wanted);
    }

    /**
     * Takes a step.
     *
     * @param model the student, for its scalings
     * @param rates of the averages, and of the target after them
     */
    Found run(
            Tensor x0,
            Tensor z,
            Optional<Tensor> labels,
            PairLevels levels,
            ConsistencyModel model,
            double learningRate,
            double clipNorm,
            long dropoutSeed,
            double[] rates) {
        double[] found =
                graph.run(
                        x0,
                        z,
                        labels,
                        coefficients(levels, model),
                        learningRate,
                        clipNorm,
                        dropoutSeed,
                        rates);
        int n = found.length - 1;
        return new Found(Arrays.copyOf(found, n), found[n]);
    }

    /** Captures taken so far, 0 on the CPU. */
    long captures() {
        return graph.captures();
    }

    private static double[] coefficients(PairLevels levels, ConsistencyModel model) {
        int n = levels.t().length;
        double[] rows = new double[TrainingGraph.ROWS * n];
        point(levels.t(), model, rows, 0);
        point(levels.r(), model, rows, POINT_ROWS);
        System.arraycopy(levels.weights(), 0, rows, 2 * POINT_ROWS * n, n);
        return rows;
    }

    /** Level, c_in, c_skip, c_out and time input; a point without noise is its own clean image. */
    private static void point(double[] sigmas, ConsistencyModel model, double[] rows, int first) {
        Scalings scalings = model.scalings();
        int n = sigmas.length;
        for (int i = 0; i < n; i++) {
            double sigma = sigmas[i];
            boolean noisy = sigma > 0;
            double[] column = {
                sigma,
                scalings.cIn(sigma),
                noisy ? scalings.cSkip(sigma) : 1,
                noisy ? scalings.cOut(sigma) : 0,
                noisy ? model.time().of(sigma) : 0
            };
            for (int row = 0; row < POINT_ROWS; row++) {
                rows[(first + row) * n + i] = column[row];
            }
        }
    }

    @Override
    public void close() {
        graph.close();
    }
}
