package dev.cm4j.cli;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.Generator;
import dev.cm4j.Pictures;
import dev.cm4j.Request;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.preset.ModelWriter;
import dev.cm4j.train.Progress;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StepRecord;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TensorBoardEvents;
import dev.cm4j.train.TrainState;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Draws the same pictures from the same noise every so often, so that one sees the model learn.
 *
 * <p>Writes {@code samples/step-<step>.png} into the run's folder, the newest also as {@code
 * samples.png}, and shows it in TensorBoard.
 */
final class PreviewListener implements StepListener {

    private static final int ROWS = 4;
    private static final int USUAL_COLUMNS = 8;
    private static final int MOST_CLASSES = 16;
    private static final double SECONDS = 60;

    private final ModelWriter model;
    private final String average;
    private final Path folder;
    private final TensorBoardEvents events;
    private final double every;
    private double next;
    private long drawn = -1;

    /**
     * @param model says what the weights in training are
     * @param average which weights to look at
     * @param folder the run's folder
     * @param events shows the pictures too
     * @param minutes of training between two previews; 0: only at the end
     */
    PreviewListener(
            ModelWriter model,
            String average,
            Path folder,
            TensorBoardEvents events,
            double minutes) {
        this.model = model;
        this.average = average;
        this.folder = folder;
        this.events = events;
        this.every = minutes * SECONDS;
    }

    /** The newest picture of a run. */
    static Path newest(Path run) {
        return run.resolve("samples.png");
    }

    /** The step of the newest picture of this session, -1 before the first. */
    long drawn() {
        return drawn;
    }

    @Override
    public void onStart(TrainState state, Progress progress) {
        next = state.counters().seconds() + every;
    }

    @Override
    public void onStep(StepRecord step, TrainState state) {
        if (every > 0 && step.seconds() >= next) {
            next = step.seconds() + every;
            draw(state);
        }
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        if (reason == StopReason.FINISHED && drawn != state.step()) {
            draw(state);
        }
    }

    private void draw(TrainState state) {
        Generator generator =
                ConsistencyPipeline.generator(model.card(state), state.network(average));
        int classes = generator.classes();
        int columns = classes > 0 && classes <= MOST_CLASSES ? classes : USUAL_COLUMNS;
        // as many at a time as a step takes: a preview shall not need more memory than training
        int part = state.recipe().microBatch();
        Request request = Request.of(ROWS * columns);
        Pictures pictures = generator.generate(request.withBatch(Math.min(request.batch(), part)));
        String name = String.format(Locale.ROOT, "step-%08d.png", state.step());
        Path file = RunFolder.samples(folder).resolve(name);
        Picture grid = new PictureWriter(Optional.of(columns), Optional.empty()).grid(pictures);
        Map<String, String> remarks = Map.of("step", Long.toString(state.step()));
        Png.write(file, grid, remarks);
        Png.write(newest(folder), grid, remarks);
        events.image(
                "samples",
                state.step(),
                grid.height(),
                grid.width(),
                grid.channels(),
                Png.encode(grid, Map.of()));
        drawn = state.step();
    }
}
