package dev.cm4j.compare;

import dev.cm4j.RunImages;
import dev.cm4j.RunSupplies;
import dev.cm4j.Teacher;
import dev.cm4j.TrainingSession;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.data.DataConfig;
import dev.cm4j.data.DataSource;
import dev.cm4j.data.Dataset;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.report.RunReport;
import dev.cm4j.train.Budget;
import dev.cm4j.train.CheckpointFolder;
import dev.cm4j.train.CheckpointPolicy;
import dev.cm4j.train.MemoryBudget;
import dev.cm4j.train.Run;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.Trainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The training of an entry: a run as {@code cm4j train} makes it, in a folder whose name holds a
 * hash of everything that decides the model, so that another recipe never goes on with its weights.
 */
final class Lesson {

    private static final int HASH_DIGITS = 12;

    private final EntryConfig entry;
    private final DatasetConfig data;
    private final Workplace place;
    private final Preset preset;
    private final Budget budget;
    private final long seed;

    /**
     * @param entry which is trained
     * @param data it learns from
     * @param place where
     * @throws IllegalArgumentException if there is no such preset, or its schedules cannot fill the
     *     length
     */
    Lesson(EntryConfig entry, DatasetConfig data, Workplace place) {
        TrainConfig config = entry.train().orElseThrow();
        this.entry = entry;
        this.data = data;
        this.place = place;
        preset = Presets.named(config.preset(), config.set().orElse(List.of()));
        budget = config.budget().orElseGet(() -> preset.budget().budget());
        seed = config.seed().orElse(0L);
        preset.requireFits(budget);
        if (preset.needsTeacher() && config.teacher().isEmpty()) {
            throw new IllegalArgumentException(
                    "entry %s learns from a teacher (preset %s); name an entry as its teacher"
                            .formatted(entry.name(), preset.name()));
        }
    }

    /**
     * Trains, goes on with what was begun, or finds the model finished.
     *
     * @param teacher its model, where it learns from one
     * @param meter counts the energy
     * @param trainer is given whoever can be asked to stop
     * @return the run's folder; empty where it was asked to stop
     */
    Optional<Path> learn(Optional<Path> teacher, EnergyMeter meter, Consumer<Trainer> trainer) {
        try (Dataset dataset = dataset()) {
            Path folder = folder(dataset, teacher);
            if (LessonRecord.read(folder).finished()) {
                return Optional.of(folder);
            }
            if (teacher.isEmpty()) {
                return conduct(folder, dataset, Optional.empty(), meter, trainer);
            }
            try (Teacher known = Teacher.open(teacher.get(), place.options())) {
                known.requireFits(preset);
                known.mark().claim(folder);
                return conduct(folder, dataset, Optional.of(known), meter, trainer);
            }
        }
    }

    /** The run's folder where a model is finished there; nothing is trained. */
    Optional<Path> finished(Optional<Path> teacher) {
        try (Dataset dataset = dataset()) {
            return Optional.of(folder(dataset, teacher))
                    .filter(folder -> LessonRecord.read(folder).finished());
        }
    }

    /** What is trained. */
    Preset preset() {
        return preset;
    }

    /**
     * Refuses data that cannot be learnt from, as far as that is known before they are read.
     *
     * @throws java.io.UncheckedIOException if they are not there
     */
    void check() {
        DataSource.probe(place.place(data.data()), form());
    }

    private Dataset dataset() {
        return DataSource.open(place.place(data.data()), form());
    }

    private DataConfig form() {
        return place.data().withSize(preset.data().height()).withChannels(preset.data().channels());
    }

    private Path folder(Dataset dataset, Optional<Path> teacher) {
        String everything =
                String.join(
                        "\n",
                        preset.text(),
                        budget.text(),
                        "seed " + seed,
                        place.precision() + " on " + place.device(),
                        dataset.fingerprint(),
                        teacher.map(FileDigest::sha256OfAll).orElse("no teacher"));
        String hash = FileDigest.sha256(everything).substring(0, HASH_DIGITS);
        return place.folder().resolve("runs").resolve(entry.name().replace(' ', '-') + "-" + hash);
    }

    private Optional<Path> conduct(
            Path folder,
            Dataset dataset,
            Optional<Teacher> known,
            EnergyMeter meter,
            Consumer<Trainer> stoppable) {
        var clock = new LessonClock(folder, meter);
        try (var supplies =
                new RunSupplies(
                        folder,
                        seed,
                        known,
                        Optional.of(new RunImages(dataset, preset.data().flips(), place.device())),
                        place.notices())) {
            StopReason reason = train(run(folder, supplies), dataset, known, clock, stoppable);
            boolean finished = reason == StopReason.FINISHED;
            clock.write(finished);
            return finished ? Optional.of(folder) : Optional.empty();
        }
    }

    private Run run(Path folder, RunSupplies supplies) {
        return preset.run(
                folder,
                budget,
                seed,
                place.precision(),
                CheckpointPolicy.standard(),
                List.of("cm4j", "compare,", "entry", entry.name()),
                supplies);
    }

    private StopReason train(
            Run asked,
            Dataset dataset,
            Optional<Teacher> known,
            LessonClock clock,
            Consumer<Trainer> stoppable) {
        Path folder = asked.folder();
        boolean begun = !new CheckpointFolder(folder).list().isEmpty();
        try (var session =
                        TrainingSession.open(
                                preset,
                                asked,
                                dataset,
                                known,
                                place.device(),
                                MemoryBudget.STANDARD);
                TrainState state = session.state(begun, place.notices())) {
            Trainer trainer = session.trainer(List.of(clock, place.lessons().get()));
            stoppable.accept(trainer);
            StopReason reason = trainer.train(state);
            report(folder);
            return reason;
        }
    }

    /** A page that cannot be drawn, such as on a machine without fonts, is no reason to fail. */
    @SuppressWarnings("CatchingUnchecked") // fonts that are missing are a linkage or internal error
    private void report(Path folder) {
        try {
            RunReport.write(folder);
        } catch (RuntimeException | LinkageError | InternalError e) {
            place.notices().accept("no report of this run: " + place.sentences().apply(e));
        }
    }
}
