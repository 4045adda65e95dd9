package dev.cm4j.train;

import dev.cm4j.data.Batch;
import dev.cm4j.loss.LossTerms;
import dev.cm4j.loss.PairLevels;
import dev.cm4j.loss.StepContext;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.optim.Ema;
import dev.cm4j.optim.Optimizer;
import dev.cm4j.schedule.Streams;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * One training step, in the order of the original.
 *
 * <pre>
 *   g  ← ∇_θ (S · mean λ d(f_θ(x_t, t), sg f_θ⁻(x_r, r))) / S,   S the {@link LossScale}, else 1
 *   g  ← g · min(1, clip / ‖g‖)
 *   θ  ← optimiser(θ, g, η)
 *   ē  ← β ē + (1 − β) θ            for every evaluation average
 *   θ⁻ ← μ(k) θ⁻ + (1 − μ(k)) θ
 *   k  ← k + 1
 * </pre>
 *
 * <p>A step whose loss or ‖g‖ is not finite changes nothing but the count of skipped steps.
 *
 * <p>Source: Song et al. 2023, algorithms 2 and 3; openai/consistency_models, {@code
 * train_util.py}.
 *
 * @param seed the run's seed, from which noise, noise levels and dropout masks derive
 */
public record TrainingStep(long seed) {

    /**
     * What a step found.
     *
     * @param taken false where the step was skipped
     * @param place phase and position in it
     * @param loss mean loss of the batch
     * @param lossByNoise mean loss of each quarter of the batch, the quietest first
     * @param gradientNorm ‖g‖ before clipping
     * @param learningRate η
     * @param lossScale S of the step, nothing where the loss is taken as it is
     */
    public record Outcome(
            boolean taken,
            Phases.Place place,
            double loss,
            List<Double> lossByNoise,
            double gradientNorm,
            double learningRate,
            Optional<LossScale> lossScale) {}

    /**
     * Takes a step.
     *
     * @param state changed in place
     * @param batch images [B, C, H, W] in [−1, 1] and labels, borrowed
     * @param progress how far the run is
     */
    public Outcome take(TrainState state, Batch batch, Progress progress) {
        Recipe recipe = state.recipe();
        Phases.Place place = recipe.phases().at(progress);
        place.phase().chain().ifPresent(chain -> chain.beforeStep(state, place));
        state.target().ifPresent(net -> net.training(!place.phase().hasTeacherTarget()));
        double learningRate = learningRate(state, place, progress);
        UNet net = state.online();
        try (Scope _ = Scope.open()) {
            Optional<Outcome> whole = asGraph(state, batch, place, learningRate);
            if (whole.isPresent()) {
                return whole.get();
            }
            net.zeroGradients();
            Optional<LossScale> lossScale = state.lossScale();
            double factor = lossScale.map(LossScale::factor).orElse(1.0);
            NoiseLosses losses = gradients(state, batch, place, factor);
            Tensor gradients = net.gradients();
            double norm = gradients.norm().item() / factor;
            boolean taken = Double.isFinite(losses.mean()) && Double.isFinite(norm);
            if (taken) {
                double scale = Math.min(1, recipe.clipNorm() / norm) / factor;
                state.optimizer()
                        .step(net.weights(), gradients, learningRate, scale, averages(state));
                state.target()
                        .ifPresent(t -> Ema.update(t.weights(), net.weights(), place.targetRate()));
                if (place.phase().objective().learnsWeight()) {
                    state.weightHead()
                            .orElseThrow()
                            .learn(losses.sigmas(), losses.values(), learningRate);
                }
                state.advance();
                place.phase().chain().ifPresent(chain -> chain.afterStep(state, place));
            } else {
                state.skip();
            }
            return new Outcome(
                    taken, place, losses.mean(), losses.quarters(), norm, learningRate, lossScale);
        }
    }

    /**
     * Goes through a step that was skipped once more, without a graph and without changing weights,
     * and says where it was not finite.
     *
     * @param state as it was when the step was skipped
     * @param batch of that step
     * @param progress of that step
     * @param lossScale of that step
     */
    String locate(TrainState state, Batch batch, Progress progress, Optional<LossScale> lossScale) {
        double factor = lossScale.map(LossScale::factor).orElse(1.0);
        state.dropGraph();
        try (Scope _ = Scope.open()) {
            return NonFiniteSearch.before(state, batch.images())
                    .orElseGet(() -> {
                        state.online().zeroGradients();
                        Phases.Place place = state.recipe().phases().at(progress);
                        String where =
                                NonFiniteSearch.during(
                                        state, () -> gradients(state, batch, place, factor));
                        return lossScale
                                .map(scale -> where + ", of a loss times " + scale)
                                .orElse(where);
                    });
        }
    }

    /** η of the step about to be taken; in a chain of teachers it begins anew with each stage. */
    static double learningRate(TrainState state, Phases.Place place, Progress progress) {
        RunRate rate = state.recipe().learningRate();
        return place.phase()
                .chain()
                .map(chain -> chain.learningRate(state, place, progress, rate))
                .orElseGet(() -> rate.at(progress));
    }

    /** The step as one native call, where the state wants graphs and the objective allows it. */
    private Optional<Outcome> asGraph(
            TrainState state, Batch batch, Phases.Place place, double learningRate) {
        Recipe recipe = state.recipe();
        if (!state.graphs()
                || state.lossScale().isPresent()
                || batch.images().size(0) > recipe.microBatch()) {
            return Optional.empty();
        }
        StepContext context = context(state, place, batch, 0);
        ConsistencyModel model = state.student();
        Optional<PairLevels> levels =
                place.phase()
                        .objective()
                        .pair(batch.images(), context, model.scalings().sigmaData())
                        .filter(found -> StepGraph.serves(state, found));
        return levels.map(found -> {
            Tensor x0 = batch.images();
            List<Optimizer.Average> averages = averages(state);
            double[] rates =
                    DoubleStream.concat(
                                    averages.stream().mapToDouble(Optimizer.Average::rate),
                                    state.target().stream().mapToDouble(_ -> place.targetRate()))
                            .toArray();
            StepGraph.Found step =
                    state.graph(x0, found)
                            .run(
                                    x0,
                                    context.noise(x0, state.online().device()),
                                    labels(state, batch),
                                    found,
                                    model,
                                    learningRate,
                                    recipe.clipNorm(),
                                    context.dropoutSeed(),
                                    rates);
            NoiseLosses losses = new NoiseLosses();
            losses.add(found.t(), step.losses());
            boolean taken = Double.isFinite(losses.mean()) && Double.isFinite(step.norm());
            if (taken) {
                state.advance();
            } else {
                state.skip();
            }
            return new Outcome(
                    taken,
                    place,
                    losses.mean(),
                    losses.quarters(),
                    step.norm(),
                    learningRate,
                    Optional.empty());
        });
    }

    /** Classes of the batch, some of them taken away; none where the network knows none. */
    private Optional<Tensor> labels(TrainState state, Batch batch) {
        Recipe recipe = state.recipe();
        if (recipe.network().classes() == 0) {
            return Optional.empty();
        }
        return recipe.labelDropout() == 0
                ? batch.labels()
                : batch.labels().map(all -> someDropped(recipe, all, batch.firstIndex()));
    }

    /** Ho &amp; Salimans 2022, algorithm 1: y → ∅ with probability p. */
    private Tensor someDropped(Recipe recipe, Tensor labels, long firstIndex) {
        long[] classes = labels.toLongs();
        double[] chance =
                Streams.uniforms(new Streams(seed).labelDropout(), firstIndex, classes.length);
        for (int n = 0; n < classes.length; n++) {
            if (chance[n] < recipe.labelDropout()) {
                classes[n] = recipe.network().classes() - 1L; // the row for none
            }
        }
        return Tensor.of(classes, classes.length);
    }

    private StepContext context(TrainState state, Phases.Place place, Batch batch, int start) {
        return new StepContext(
                place.step(),
                place.totalSteps(),
                seed,
                batch.firstIndex() + start,
                start,
                state.weightHead());
    }

    /**
     * Accumulates ∇_θ of the mean losses of the micro-batches, weighted as the recipe says and
     * multiplied by a factor.
     */
    private NoiseLosses gradients(
            TrainState state, Batch batch, Phases.Place place, double factor) {
        NoiseLosses losses = new NoiseLosses();
        Accumulation accumulation = state.recipe().accumulation();
        int size = Math.toIntExact(batch.images().size(0));
        int part = Math.min(state.recipe().microBatch(), size);
        for (int start = 0; start < size; start += part) {
            try (Scope _ = Scope.open()) {
                int rows = Math.min(part, size - start);
                state.firstImage(start);
                LossTerms terms = evaluate(state, place, batch, start, rows);
                terms.loss()
                        .backward(
                                Tensor.full(factor * accumulation.weight(rows, size), DType.F32)
                                        .to(terms.loss().device()));
                losses.add(terms.sigma(), terms.perSample().to(DType.F64).toDoubles());
            }
        }
        state.firstImage(0);
        return losses;
    }

    /** The phase's objective on some rows of a batch. */
    private LossTerms evaluate(
            TrainState state, Phases.Place place, Batch batch, int start, int rows) {
        Device device = state.online().device();
        Tensor images = batch.images().narrow(0, start, rows).to(device); // [rows, C, H, W]
        Optional<Tensor> labels =
                labels(state, batch).map(all -> all.narrow(0, start, rows).to(device));
        StepContext context = context(state, place, batch, start);
        return place.phase()
                .objective()
                .evaluate(images, labels, context, state.student(), state.teacher());
    }

    private static List<Optimizer.Average> averages(TrainState state) {
        long step = state.step() + 1 - state.counters().stage().firstStep();
        int batch = state.recipe().batchSize();
        List<Optimizer.Average> averages = new ArrayList<>();
        for (EvaluationAverage average : state.averages()) {
            double rate = average.config().rate().rate(step, batch);
            averages.add(new Optimizer.Average(average.network().weights(), rate));
        }
        return averages;
    }
}
