package dev.cm4j.train;

import dev.cm4j.loss.PairLevels;
import dev.cm4j.loss.WeightHead;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.optim.Ema;
import dev.cm4j.optim.Optimizer;
import dev.cm4j.schedule.Streams;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a run carries from step to step: weights, target, averages, moments, counters.
 *
 * <p>Nothing else survives a step, since all randomness derives from (seed, step); a state written
 * to disk and read again continues bit for bit. It lives until closed and belongs to one thread.
 */
public final class TrainState implements AutoCloseable {

    private final Recipe recipe;
    private final UNet online;
    private final Optional<UNet> target;
    private final List<EvaluationAverage> averages;
    private Optimizer optimizer;
    private final Optional<WeightHead> weightHead;
    private Optional<LossScale> lossScale = Optional.empty();
    private boolean graphs;
    private Optional<StepGraph> graph = Optional.empty();
    private Counters counters = new Counters(0, 0, 0, Stage.NONE);

    /**
     * The numbers of a state.
     *
     * @param step k, optimiser steps taken
     * @param skipped steps left out because a loss or gradient was not finite
     * @param seconds training time
     * @param stage the stage of a {@link TeacherChain}
     */
    public record Counters(long step, long skipped, double seconds, Stage stage) {}

    /**
     * A stage of a chain of teachers.
     *
     * @param scales N of the stage, 0 before the first
     * @param firstStep k at which optimiser, averages and learning rate began anew
     */
    public record Stage(int scales, long firstStep) {

        static final Stage NONE = new Stage(0, 0);
    }

    private TrainState(Recipe recipe, UNet online) {
        this.recipe = recipe;
        this.online = online;
        this.weightHead = recipe.learnsWeight() ? Optional.of(new WeightHead()) : Optional.empty();
        List<UNet> made = new ArrayList<>(List.of(online));
        try (Scope _ = Scope.open()) {
            this.target = recipe.hasTarget() ? Optional.of(copy(online, made)) : Optional.empty();
            List<EvaluationAverage> all = new ArrayList<>();
            recipe.averages().forEach(a -> all.add(new EvaluationAverage(a, copy(online, made))));
            this.averages = List.copyOf(all);
            this.optimizer = Optimizer.create(recipe.optimizer(), online.weights().elementCount());
        } catch (RuntimeException e) {
            made.forEach(UNet::close); // nobody else could: there may be no memory for them all
            throw e;
        }
        online.training(true); // whether the target drops what the student drops is up to the phase
    }

    private static UNet copy(UNet online, List<UNet> made) {
        UNet copy = online.copy();
        made.add(copy);
        return copy;
    }

    /** A new state: random weights from the seed, target and averages equal to them. */
    public static TrainState create(Recipe recipe, long seed) {
        return startingFrom(recipe, UNet.create(recipe.network(), new Streams(seed).weights()));
    }

    /**
     * A new state that begins with given weights, such as those of a diffusion model.
     *
     * @param network belongs to the state from now on
     * @throws IllegalArgumentException if the network has another shape than the recipe's
     */
    public static TrainState startingFrom(Recipe recipe, UNet network) {
        if (!network.config().equals(recipe.network())) {
            throw new IllegalArgumentException(
                    "the first weights belong to "
                            + network.config()
                            + ", not to "
                            + recipe.network());
        }
        return new TrainState(recipe, network);
    }

    public Recipe recipe() {
        return recipe;
    }

    /** θ. */
    public UNet online() {
        return online;
    }

    /** θ⁻, empty where the online network is its own target. */
    public Optional<UNet> target() {
        return target;
    }

    /** The evaluation averages, in the recipe's order. */
    public List<EvaluationAverage> averages() {
        return averages;
    }

    /**
     * The network to evaluate: the average of this name, or θ for {@code online}.
     *
     * @throws IllegalArgumentException listing the names there are
     */
    public UNet network(String label) {
        if (label.equals("online")) {
            return online;
        }
        return averages.stream()
                .filter(average -> average.config().label().equals(label))
                .map(EvaluationAverage::network)
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "there is no average '"
                                        + label
                                        + "'; there are online and "
                                        + recipe.averages().stream()
                                                .map(AverageConfig::label)
                                                .toList()));
    }

    public Optimizer optimizer() {
        return optimizer;
    }

    /** The learnt weight of the losses, where a phase asks for one. */
    public Optional<WeightHead> weightHead() {
        return weightHead;
    }

    public Counters counters() {
        return counters;
    }

    /** k, optimiser steps taken. */
    public long step() {
        return counters.step;
    }

    /** Images trained on. */
    public long imagesSeen() {
        return counters.step * recipe.batchSize();
    }

    /**
     * Number of the batch to come; skipped steps use up their batch, so that it is not met again.
     */
    long batchNumber() {
        return counters.step + counters.skipped;
    }

    void counters(Counters now) {
        counters = now;
    }

    void advance() {
        counters = with(counters.step + 1, counters.skipped, counters.seconds);
        lossScale = lossScale.map(scale -> scale.after(true));
    }

    void skip() {
        counters = with(counters.step, counters.skipped + 1, counters.seconds);
        lossScale = lossScale.map(scale -> scale.after(false));
    }

    /** What the loss is multiplied by while networks compute in float16; nothing otherwise. */
    public Optional<LossScale> lossScale() {
        return lossScale;
    }

    /** Goes on with a scale. */
    void lossScale(LossScale scale) {
        lossScale = Optional.of(scale);
    }

    void spend(double seconds) {
        counters = with(counters.step, counters.skipped, counters.seconds + seconds);
    }

    private Counters with(long step, long skipped, double seconds) {
        return new Counters(step, skipped, seconds, counters.stage);
    }

    /** Enters a stage without touching anything else. */
    void stage(Stage stage) {
        counters = new Counters(counters.step, counters.skipped, counters.seconds, stage);
    }

    /** θ⁻ ← θ: the student becomes the teacher. */
    void teach() {
        target.ifPresent(net -> Ema.update(net.weights(), online.weights(), 0));
    }

    /** The optimiser without memory, the averages equal to θ. */
    void renew() {
        dropGraph();
        optimizer.close();
        optimizer = Optimizer.create(recipe.optimizer(), online.weights().elementCount());
        averages.forEach(average -> Ema.update(average.network().weights(), online.weights(), 0));
    }

    /** The arithmetic of all networks from now on; float16 begins with a scale for the loss. */
    public void precision(Precision precision) {
        lossScale =
                precision == Precision.F16
                        ? lossScale.or(() -> Optional.of(LossScale.START))
                        : Optional.empty();
        online.precision(precision);
        target.ifPresent(net -> net.precision(precision));
        averages.forEach(average -> average.network().precision(precision));
    }

    /**
     * Moves all networks to a device; the moments follow with the next step.
     *
     * @throws IllegalArgumentException if the device cannot be used, saying what is missing
     */
    public void to(Device device) {
        dropGraph();
        online.to(device);
        target.ifPresent(net -> net.to(device));
        averages.forEach(average -> average.network().to(device));
        graphs = device.isCuda();
    }

    /** Whether steps that can be graphs are; by default on CUDA devices. */
    void graphs(boolean wanted) {
        graphs = wanted;
    }

    boolean graphs() {
        return graphs;
    }

    /** The graph for such a step. */
    StepGraph graph(Tensor x0, PairLevels levels) {
        StepGraph suited = StepGraph.suited(graph, this, x0, levels);
        graph = Optional.of(suited);
        return suited;
    }

    /** Ends the graph; the next step that can be one makes it anew. */
    void dropGraph() {
        graph.ifPresent(StepGraph::close);
        graph = Optional.empty();
    }

    /** Whether backward passes recompute what is inside blocks instead of keeping it. */
    public void checkpointing(boolean active) {
        online.checkpointing(active);
    }

    /** Where the first image of the passes to come stands in its batch. */
    void firstImage(int place) {
        online.firstImage(place);
        target.ifPresent(net -> net.firstImage(place));
    }

    /** f_θ. */
    ConsistencyModel student() {
        return recipe.model(online);
    }

    /** f_θ⁻. */
    ConsistencyModel teacher() {
        return recipe.model(target.orElse(online));
    }

    @Override
    public void close() {
        dropGraph();
        optimizer.close();
        averages.forEach(average -> average.network().close());
        target.ifPresent(UNet::close);
        online.close();
    }
}
