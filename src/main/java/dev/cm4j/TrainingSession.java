package dev.cm4j;

import dev.cm4j.data.Dataset;
import dev.cm4j.preset.DataFit;
import dev.cm4j.preset.ModelWriter;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.train.MemoryBudget;
import dev.cm4j.train.MemoryPlan;
import dev.cm4j.train.MetricsCsv;
import dev.cm4j.train.Resume;
import dev.cm4j.train.Run;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.SnapshotWriter;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.Trainer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * A session of a run: plans how batches fit into memory and holds native memory to that, begins or
 * resumes the state, and keeps the table, the snapshots and the model in the run's folder.
 *
 * <pre>
 *   try (var session = TrainingSession.open(preset, run, dataset, teacher, device, budget);
 *           TrainState state = session.state(true, System.err::println)) {
 *       StopReason reason = session.trainer(List.of()).train(state);
 *   }
 * </pre>
 */
public final class TrainingSession implements AutoCloseable {

    /** Steps that make a row of a table. */
    public static final int ROW_EVERY = 10;

    private final Preset preset;
    private final Run run;
    private final Dataset dataset;
    private final Optional<Teacher> teacher;
    private final Device device;
    private final Optional<MemoryPlan> plan;
    private final ModelWriter model;
    private final long limitBefore = NativeMemory.limit();

    private TrainingSession(
            Preset preset,
            Run run,
            Dataset dataset,
            Optional<Teacher> teacher,
            Device device,
            Optional<MemoryPlan> plan) {
        this.preset = preset;
        this.run = run;
        this.dataset = dataset;
        this.teacher = teacher;
        this.device = device;
        this.plan = plan;
        this.model = new ModelWriter(preset, run, dataset.fingerprint());
    }

    /**
     * Plans a session; what would pass the limit on memory fails with a clear message until it is
     * closed.
     *
     * @param preset the run's preset
     * @param asked the run, without its teacher's mark
     * @param dataset borrowed
     * @param teacher borrowed, where it learns from one
     * @param device where it computes; the memory of a graphics processor is not planned
     * @param budget of memory
     * @throws IllegalArgumentException saying what is needed, if the data do not fit the preset or
     *     the session does not fit into memory
     */
    public static TrainingSession open(
            Preset preset,
            Run asked,
            Dataset dataset,
            Optional<Teacher> teacher,
            Device device,
            MemoryBudget budget) {
        DataFit.require(preset, dataset);
        Run marked = teacher.map(known -> asked.withTeacher(known.mark())).orElse(asked);
        if (device.isCuda()) {
            Run run = budget.unplanned(marked);
            return new TrainingSession(preset, run, dataset, teacher, device, Optional.empty());
        }
        MemoryBudget settled = budget.settled();
        MemoryPlan plan = settled.plan(marked, teacher.map(known -> known.net().config()));
        Run run = marked.withMicroBatch(plan.microBatch());
        var session = new TrainingSession(preset, run, dataset, teacher, device, Optional.of(plan));
        session.limit(settled.limit());
        return session;
    }

    private void limit(OptionalLong bytes) {
        bytes.ifPresent(most -> NativeMemory.limit(NativeMemory.now() + most));
    }

    /** The run as it is taken: with its teacher's mark and the planned micro-batch. */
    public Run run() {
        return run;
    }

    /** How batches are taken; empty where memory is not planned. */
    public Optional<MemoryPlan> plan() {
        return plan;
    }

    /** What writes the model, and has written it when later listeners are told. */
    public ModelWriter model() {
        return model;
    }

    /**
     * The state to begin with, where it computes.
     *
     * @param resume whether the run goes on from its newest checkpoint
     * @param notices as for {@link Resume}
     * @return the caller's to close
     * @throws IllegalArgumentException as {@link Resume} does
     */
    public TrainState state(boolean resume, Consumer<String> notices) {
        var first = teacher.map(Teacher::net);
        TrainState state =
                resume
                        ? Resume.resume(run, dataset.fingerprint(), notices, first)
                        : Resume.begin(run, first, notices);
        try {
            state.checkpointing(plan.map(MemoryPlan::checkpointing).orElse(false));
            state.to(device);
            return state;
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    /**
     * The loop, whose first listeners are those that every run has.
     *
     * @param more told after them, in this order
     */
    public Trainer trainer(List<? extends StepListener> more) {
        List<StepListener> listeners = new ArrayList<>();
        listeners.add(new MetricsCsv(RunFolder.metrics(run.folder()), ROW_EVERY));
        preset.optim()
                .snapshots()
                .ifPresent(kept -> listeners.add(new SnapshotWriter(run.folder(), kept)));
        listeners.add(model);
        listeners.addAll(more);
        return new Trainer(run, dataset, listeners);
    }

    /** Gives native memory the limit it had before. */
    @Override
    public void close() {
        NativeMemory.limit(limitBefore);
    }
}
