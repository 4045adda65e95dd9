package dev.cm4j.compare;

import dev.cm4j.Cancellation;
import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.Trainer;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/** The models of a comparison, given or trained, and what they cost. */
final class Models {

    private final ComparisonConfig config;
    private final Workplace place;
    private final Failures failures;
    private final Cancellation cancellation;
    private final AtomicReference<Optional<Trainer>> training =
            new AtomicReference<>(Optional.empty());
    private final Map<String, Path> paths = new LinkedHashMap<>();
    private final Map<String, EntryCost> costs = new LinkedHashMap<>();

    /**
     * @param config what is compared
     * @param place where
     * @param failures is told of what cannot be had
     * @param cancellation after which nothing more is trained
     */
    Models(ComparisonConfig config, Workplace place, Failures failures, Cancellation cancellation) {
        this.config = config;
        this.place = place;
        this.failures = failures;
        this.cancellation = cancellation;
    }

    /** Refuses what cannot work, before anything is trained. */
    void check() {
        for (EntryConfig entry : config.entries()) {
            if (entry.train().isPresent()) {
                lesson(entry).check();
            } else {
                given(entry);
            }
        }
    }

    /** Asks a training in progress to stop after its step; from any thread. */
    void requestStop() {
        training.get().ifPresent(Trainer::requestStop);
    }

    /** Trains what is to be trained, teachers first; after a stop it finds what there is. */
    void prepare(EnergyMeter meter) {
        for (EntryConfig entry : config.inOrder()) {
            failures.attempt("entry " + entry.name(), () -> prepare(entry, meter));
        }
    }

    private void prepare(EntryConfig entry, EnergyMeter meter) {
        if (entry.train().isEmpty()) {
            keep(entry, given(entry), LessonRecord.NONE);
            return;
        }
        Optional<Path> teacher = entry.taughtBy().map(paths::get);
        if (teacher.isEmpty() && entry.taughtBy().isPresent()) {
            if (!cancellation.isCancelled()) {
                failures.note(
                        "entry " + entry.name(),
                        "not trained, for its teacher %s failed".formatted(entry.taughtBy().get()));
            }
            return;
        }
        learn(entry, teacher, meter)
                .ifPresent(run -> keep(entry, RunFolder.model(run), LessonRecord.read(run)));
    }

    private Optional<Path> learn(EntryConfig entry, Optional<Path> teacher, EnergyMeter meter) {
        if (cancellation.isCancelled()) {
            return lesson(entry).finished(teacher);
        }
        place.notices().accept("entry " + entry.name());
        try {
            return lesson(entry).learn(teacher, meter, this::take);
        } finally {
            training.set(Optional.empty());
        }
    }

    private Lesson lesson(EntryConfig entry) {
        return new Lesson(entry, config.dataset(entry.dataset()), place);
    }

    private void take(Trainer trainer) {
        training.set(Optional.of(trainer));
        if (cancellation.isCancelled()) {
            trainer.requestStop();
        }
    }

    private void keep(EntryConfig entry, Path file, LessonRecord lesson) {
        try (var model = ConsistencyPipeline.open(file, place.options())) {
            EntryCost own =
                    EntryCost.of(entry, model.card(), model.model().net().parameterCount(), lesson);
            costs.put(
                    entry.name(),
                    entry.taughtBy()
                            .map(name -> own.after(Optional.ofNullable(costs.get(name))))
                            .orElse(own));
        }
        paths.put(entry.name(), file);
    }

    private Path given(EntryConfig entry) {
        Path file = Path.of(place.place(entry.model().orElseThrow()));
        if (!Files.exists(file)) {
            throw new UncheckedIOException(
                    "entry %s: the model %s does not exist".formatted(entry.name(), file),
                    new NoSuchFileException(file.toString()));
        }
        return file;
    }

    /** The files of the models that there are, by the names of their entries. */
    Map<String, Path> paths() {
        return Collections.unmodifiableMap(paths);
    }

    /** What they cost. */
    List<EntryCost> costs() {
        return List.copyOf(costs.values());
    }
}
