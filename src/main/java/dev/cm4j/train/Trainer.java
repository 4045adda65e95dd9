package dev.cm4j.train;

import dev.cm4j.data.Batch;
import dev.cm4j.data.Batches;
import dev.cm4j.data.Dataset;
import dev.cm4j.schedule.Streams;
import dev.cm4j.tensor.Library;
import dev.cm4j.tensor.Scope;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The loop: batches in, steps taken, listeners told, checkpoints written, until the budget is
 * spent.
 *
 * <pre>
 *   try (TrainState state = Resume.begin(run)) {
 *       StopReason reason = new Trainer(run, dataset, listeners).train(state);
 *   }
 * </pre>
 *
 * <p>The loop runs on the calling thread; only {@link #requestStop} may come from another.
 */
public final class Trainer {

    /** Steps without finite numbers in a row that end a run. */
    static final int MOST_SKIPPED = 20;

    private final Run run;
    private final Dataset dataset;
    private final List<StepListener> listeners;
    private final CheckpointFolder checkpoints;
    private final TrainingStep step;
    private volatile boolean stopRequested;

    /**
     * @param run what to do
     * @param dataset images of the recipe's size, borrowed
     * @param listeners told in this order
     * @throws IllegalArgumentException if the data do not fit the network
     */
    public Trainer(Run run, Dataset dataset, List<? extends StepListener> listeners) {
        this.run = run;
        this.dataset = dataset;
        this.listeners = List.copyOf(listeners);
        this.checkpoints = new CheckpointFolder(run.folder());
        this.step = new TrainingStep(run.seed());
        requireFit();
    }

    private void requireFit() {
        var network = run.recipe().network();
        if (dataset.channels() != network.inChannels()) {
            throw new IllegalArgumentException(
                    "images of %d channels do not fit a network of %d"
                            .formatted(dataset.channels(), network.inChannels()));
        }
        if (dataset.height() != network.imageSize() || dataset.width() != network.imageSize()) {
            throw new IllegalArgumentException(
                    "images of %dx%d pixels do not fit a network for %dx%d"
                            .formatted(
                                    dataset.width(),
                                    dataset.height(),
                                    network.imageSize(),
                                    network.imageSize()));
        }
        requireClasses();
    }

    /** Where labels are dropped, the last row of the network stands for none. */
    private void requireClasses() {
        int rows = run.recipe().network().classes();
        boolean dropped = run.recipe().labelDropout() > 0;
        boolean known = rows == dataset.classes() + 1 || (rows == dataset.classes() && !dropped);
        if (rows > 0 && !known) {
            throw new IllegalArgumentException(
                    "data of %d classes do not fit a network of %d%s, network.classes"
                            .formatted(
                                    dataset.classes(),
                                    rows,
                                    dropped ? ", one of them for none" : ""));
        }
    }

    /** Asks the loop to finish its step, write a checkpoint and return. From any thread. */
    public void requestStop() {
        stopRequested = true;
    }

    /**
     * Trains until the budget is spent or a stop is requested, and writes a checkpoint at the end.
     *
     * @param state where to begin; changed in place, still the caller's
     * @throws TrainingDivergedException if {@value #MOST_SKIPPED} steps in a row had no finite loss
     *     or gradient; the last good state is written first
     */
    public StopReason train(TrainState state) {
        RunFolder.describe(run, dataset.fingerprint(), state.step());
        Batches batches =
                new Batches(
                        dataset,
                        run.recipe().batchSize(),
                        new Streams(run.seed()).order(),
                        run.recipe().flips());
        tell(listener -> listener.onStart(state, progress(state)));
        Loop loop = new Loop(state, batches);
        while (!run.budget().spent(state.step(), state.counters().seconds()) && !stopRequested) {
            loop.turn();
        }
        loop.checkpoint();
        boolean finished = run.budget().spent(state.step(), state.counters().seconds());
        StopReason reason = finished ? StopReason.FINISHED : StopReason.INTERRUPTED;
        tell(listener -> listener.onEnd(state, reason));
        return reason;
    }

    private Progress progress(TrainState state) {
        return run.budget().progress(state.step(), state.counters().seconds());
    }

    private void tell(Consumer<StepListener> message) {
        listeners.forEach(message);
    }

    /** One call of {@link #train}. */
    private final class Loop {

        private final TrainState state;
        private final Batches batches;
        private double lastCheckpointSeconds;
        private long lastCheckpointStep;
        private int skippedInARow;
        private String where = "";
        private TrainingStep.Outcome latest;

        Loop(TrainState state, Batches batches) {
            this.state = state;
            this.batches = batches;
            this.lastCheckpointSeconds = state.counters().seconds();
            this.lastCheckpointStep = state.step() > 0 ? state.step() : -1; // it came from one
        }

        void turn() {
            Progress progress = progress(state);
            long start = System.nanoTime();
            try (Scope _ = Scope.open()) {
                Batch batch = batches.at(state.batchNumber());
                latest = step.take(state, batch, progress);
                if (!latest.taken() && skippedInARow == 0) {
                    where = step.locate(state, batch, progress, latest.lossScale());
                }
            }
            double seconds = (System.nanoTime() - start) * 1e-9;
            state.spend(seconds);
            if (!latest.taken()) {
                skipped();
                return;
            }
            skippedInARow = 0;
            StepRecord entry = entry(progress, seconds);
            tell(listener -> listener.onStep(entry, state));
            double since = state.counters().seconds() - lastCheckpointSeconds;
            if (run.checkpoints().due(state.step(), since)) {
                checkpoint();
            }
        }

        private void skipped() {
            skippedInARow++;
            if (skippedInARow == 1) {
                tell(listener -> listener.onSkip(where, state));
            }
            if (skippedInARow >= MOST_SKIPPED) {
                checkpoint();
                throw new TrainingDivergedException(
                        "loss "
                                + latest.loss()
                                + " and gradient norm "
                                + latest.gradientNorm()
                                + " were not finite for "
                                + MOST_SKIPPED
                                + " steps in a row after step "
                                + state.step()
                                + ", first in "
                                + where
                                + "; the last good state is in "
                                + run.folder()
                                + ". Try a lower optim.learning_rate or optim.clip_norm");
            }
        }

        private StepRecord entry(Progress progress, double seconds) {
            int batchSize = run.recipe().batchSize();
            return new StepRecord(
                    state.step(),
                    progress.fraction(),
                    latest.place().index(),
                    latest.loss(),
                    latest.lossByNoise(),
                    latest.gradientNorm(),
                    latest.learningRate(),
                    latest.place().scales(),
                    latest.place().targetRate(),
                    batchSize,
                    state.imagesSeen(),
                    state.counters().seconds(),
                    batchSize / seconds,
                    state.counters().skipped(),
                    latest.lossScale().map(LossScale::log2).orElse(Double.NaN));
        }

        void checkpoint() {
            if (state.step() == lastCheckpointStep) {
                return;
            }
            long start = System.nanoTime();
            Path written =
                    checkpoints.write(
                            state.step(),
                            folder -> TrainingCheckpoint.write(folder, state, manifest()));
            checkpoints.prune(run.checkpoints().keepLast(), run.checkpoints().keepEvery());
            state.spend((System.nanoTime() - start) * 1e-9);
            lastCheckpointSeconds = state.counters().seconds();
            lastCheckpointStep = state.step();
            tell(listener -> listener.onCheckpoint(written, state));
        }

        private CheckpointManifest manifest() {
            Phases.Place place = run.recipe().phases().at(progress(state));
            return new CheckpointManifest(
                    CheckpointManifest.FORMAT,
                    Library.version(),
                    Library.torchVersion(),
                    Runtime.version().toString(),
                    run.preset(),
                    run.configuration(),
                    run.configurationSha256(),
                    run.budget().text(),
                    state.step(),
                    state.imagesSeen(),
                    state.counters().seconds(),
                    state.counters().skipped(),
                    place.index(),
                    place.scales(),
                    state.counters().stage(),
                    place.targetRate(),
                    TrainingStep.learningRate(state, place, progress(state)),
                    latest == null ? Double.NaN : latest.loss(),
                    run.seed(),
                    run.recipe().batchSize(),
                    dataset.fingerprint(),
                    run.recipe().averages().stream().map(AverageConfig::label).toList(),
                    new TreeMap<>());
        }
    }
}
