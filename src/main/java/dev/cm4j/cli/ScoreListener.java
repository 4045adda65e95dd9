package dev.cm4j.cli;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.DigitsEvaluation;
import dev.cm4j.Generator;
import dev.cm4j.Request;
import dev.cm4j.metric.DigitsScore;
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
import java.util.SequencedMap;

/**
 * Scores the model of a run every so often, always on pictures of the same noise, so that the curve
 * shows the model and not the draw; the best models are kept.
 *
 * <p>Writes rows of {@code scores.csv} and scalars {@code score/…} for TensorBoard.
 */
final class ScoreListener implements StepListener {

    private final DigitsEvaluation judge;
    private final Pace pace;
    private final int count;
    private final ModelWriter model;
    private final ScoresCsv table;
    private final TensorBoardEvents events;
    private final BestModels best;
    private double lastSeconds;
    private long scored = -1;

    /**
     * @param judge scores pictures
     * @param pace how often
     * @param count pictures of a score
     * @param model says what the weights in training are
     * @param table takes the scores
     * @param events shows them
     * @param best keeps the best
     */
    ScoreListener(
            DigitsEvaluation judge,
            Pace pace,
            int count,
            ModelWriter model,
            ScoresCsv table,
            TensorBoardEvents events,
            BestModels best) {
        this.judge = judge;
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
        DigitsScore found =
                judge.score(generator, request.withBatch(Math.min(request.batch(), part)), _ -> {});
        SequencedMap<String, Double> scores = new LinkedHashMap<>();
        scores.put("fid_digits", found.frechet());
        scores.put("top_probability", found.topProbability());
        scores.put("class_entropy", found.entropy());
        scores.put("pictures", (double) found.count());
        table.add(state, scores);
        scores.forEach((name, value) ->
                events.scalar("score/" + name.replace('_', '-'), state.step(), value));
        best.offer(found.frechet(), state);
        scored = state.step();
    }
}
