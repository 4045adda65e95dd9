package dev.cm4j.cli;

import static java.util.Comparator.naturalOrder;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.Generator;
import dev.cm4j.PictureEvaluation;
import dev.cm4j.Request;
import dev.cm4j.metric.Metric;
import dev.cm4j.metric.PictureScore;
import dev.cm4j.preset.BestModels;
import dev.cm4j.preset.ModelWriter;
import dev.cm4j.train.Progress;
import dev.cm4j.train.ScoresCsv;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StepRecord;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TensorBoardEvents;
import dev.cm4j.train.TrainState;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;

/**
 * Scores the model of a run every so often, always on pictures of the same noise, so that the curve
 * shows the model and not the draw; the best models are kept.
 *
 * <p>Writes rows of {@code scores.csv} and scalars {@code score/…} for TensorBoard.
 */
final class ScoreListener implements StepListener {

    private final PictureEvaluation judge;
    private final String rank;
    private final Pace pace;
    private final int count;
    private final ModelWriter model;
    private final ScoresCsv table;
    private final TensorBoardEvents events;
    private final BestModels best;
    private double lastSeconds;
    private long scored = -1;

    /**
     * @param judge scores pictures, by a distance at least; borrowed
     * @param pace how often
     * @param count pictures of a score
     * @param model says what the weights in training are
     * @param table takes the scores
     * @param events shows them
     * @param best keeps the best
     * @throws IllegalArgumentException if the table ranks the run's models by another score
     */
    ScoreListener(
            PictureEvaluation judge,
            Pace pace,
            int count,
            ModelWriter model,
            ScoresCsv table,
            TensorBoardEvents events,
            BestModels best) {
        this.judge = judge;
        rank = rank(judge);
        String column = column(rank);
        table.score()
                .filter(found -> !found.equals(column))
                .ifPresent(found -> {
                    throw new IllegalArgumentException(
                            "the run's models are ranked by %s so far, not by %s; go on with the"
                                            .formatted(found, column)
                                    + " same --eval-features and --eval-metrics");
                });
        this.pace = pace;
        this.count = count;
        this.model = model;
        this.table = table;
        this.events = events;
        this.best = best;
    }

    @Override
    public void onStart(TrainState state, Progress progress) {
        lastSeconds = state.counters().seconds();
    }

    @Override
    public void onStep(StepRecord step, TrainState state) {
        if (pace.due(step.step(), step.seconds() - lastSeconds)) {
            lastSeconds = step.seconds();
            score(state);
        }
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        if (reason == StopReason.FINISHED && scored != state.step()) {
            score(state);
        }
    }

    private void score(TrainState state) {
        Generator generator =
                ConsistencyPipeline.generator(model.card(state), model.network(state));
        // as many at a time as a step takes: a score shall not need more memory than training
        int part = state.recipe().microBatch();
        Request request = Request.of(count);
        PictureScore found =
                judge.score(generator, request.withBatch(Math.min(request.batch(), part)), _ -> {});
        double distance = found.value(rank).orElseThrow();
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put(column(rank), distance);
        found.values().forEach(value -> scores.putIfAbsent(column(value.name()), value.value()));
        scores.put("pictures", (double) found.count());
        table.add(state, scores);
        scores.forEach((name, value) ->
                events.scalar("score/" + name.replace('_', '-'), state.step(), value));
        best.offer(distance, state);
        scored = state.step();
    }

    private static String column(String name) {
        return name.replace('-', '_');
    }

    /** The score that ranks: the first distance. */
    private static String rank(PictureEvaluation judge) {
        Metric first =
                judge.metrics().stream()
                        .filter(Metric::isDistance)
                        .min(naturalOrder())
                        .orElseThrow();
        return first == Metric.FID
                ? judge.extractor().distanceName()
                : first.name().toLowerCase(Locale.ROOT);
    }
}
