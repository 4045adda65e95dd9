package dev.cm4j.compare;

import dev.cm4j.Cancellation;
import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.Trainer;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Trains what is to be trained, measures what is not measured yet, and writes table and page. One
 * that was interrupted goes on: trainings from their checkpoints, cells from the next.
 *
 * <pre>
 *   FOLDER/comparison.html   the page
 *   FOLDER/comparison.csv    a row for each cell
 *   FOLDER/cells, strips     finished cells, a file each, and their first pictures
 *   FOLDER/runs              trainings, as cm4j train leaves them
 * </pre>
 */
public final class Comparison {

    private final ComparisonConfig config;
    private final Workplace place;
    private final CellStore store;
    private final Cancellation cancellation = new Cancellation();
    private final AtomicReference<Optional<Trainer>> training =
            new AtomicReference<>(Optional.empty());
    private final Map<String, Path> models = new LinkedHashMap<>();
    private final Map<String, EntryCost> costs = new LinkedHashMap<>();
    private final List<Cell> cells = new ArrayList<>();

    /**
     * @param config what is compared
     * @param place where
     */
    public Comparison(ComparisonConfig config, Workplace place) {
        this.config = config;
        this.place = place;
        this.store = new CellStore(place.folder());
    }

    /** The page. */
    public Path page() {
        return place.folder().resolve("comparison.html");
    }

    /** The table. */
    public Path table() {
        return place.folder().resolve("comparison.csv");
    }

    /**
     * Refuses what cannot work, before anything is trained.
     *
     * @throws IllegalArgumentException if a preset does not fit
     * @throws UncheckedIOException if a file is missing
     */
    public void check() {
        for (EntryConfig entry : config.entries()) {
            if (entry.train().isPresent()) {
                new Lesson(entry, config.dataset(entry.dataset()), place);
            } else {
                model(entry);
            }
        }
        config.datasets().forEach(set -> Judge.weights(set, place));
    }

    /** Asks the work to stop after the step in hand; from any thread. */
    public void requestStop() {
        cancellation.cancel();
        training.get().ifPresent(Trainer::requestStop);
    }

    /**
     * Does the work, and writes table and page of what there is at its end.
     *
     * @return whether all is done; false where it was asked to stop
     */
    public boolean run() {
        try (EnergyMeter meter = EnergyMeter.of(place.device())) {
            boolean done = train(meter) && measure(meter);
            write();
            return done;
        }
    }

    private boolean train(EnergyMeter meter) {
        for (EntryConfig entry : config.inOrder()) {
            if (cancellation.isCancelled()) {
                return false;
            }
            if (entry.train().isEmpty()) {
                models.put(entry.name(), model(entry));
                learnCost(entry, LessonRecord.NONE);
                continue;
            }
            place.notices().accept("entry " + entry.name());
            Optional<Path> run =
                    new Lesson(entry, config.dataset(entry.dataset()), place)
                            .learn(entry.taughtBy().map(models::get), meter, this::take);
            training.set(Optional.empty());
            if (run.isEmpty()) {
                return false;
            }
            models.put(entry.name(), RunFolder.model(run.get()));
            learnCost(entry, LessonRecord.read(run.get()));
        }
        return true;
    }

    private void take(Trainer trainer) {
        training.set(Optional.of(trainer));
        if (cancellation.isCancelled()) {
            trainer.requestStop();
        }
    }

    private void learnCost(EntryConfig entry, LessonRecord lesson) {
        try (var model = ConsistencyPipeline.open(models.get(entry.name()), place.options())) {
            EntryCost own =
                    EntryCost.of(entry, model.card(), model.model().net().parameterCount(), lesson);
            costs.put(entry.name(), entry.taughtBy().map(costs::get).map(own::after).orElse(own));
        }
    }

    private Path model(EntryConfig entry) {
        Path file = Path.of(place.place(entry.model().orElseThrow()));
        if (!Files.exists(file)) {
            throw new UncheckedIOException(
                    "entry %s: the model %s does not exist".formatted(entry.name(), file),
                    new NoSuchFileException(file.toString()));
        }
        return file;
    }

    private boolean measure(EnergyMeter meter) {
        try {
            for (DatasetConfig set : config.datasets()) {
                List<EntryConfig> entries =
                        config.entries().stream()
                                .filter(e -> e.dataset().equals(set.name()))
                                .filter(e -> !e.measured().isEmpty())
                                .toList();
                measure(set, entries, meter);
            }
            return true;
        } catch (CancellationException e) {
            return false;
        }
    }

    private void measure(DatasetConfig set, List<EntryConfig> entries, EnergyMeter meter) {
        if (entries.isEmpty()) {
            return;
        }
        try (Judge judge = Judge.open(set, place)) {
            for (EntryConfig entry : entries) {
                var measurement =
                        new Measurement(set, entry, models, judge, place, meter, cancellation);
                try (measurement) {
                    for (long seed : config.seeds()) {
                        measurement.plan(seed).forEach(plan -> cells.add(cell(measurement, plan)));
                    }
                }
            }
        }
    }

    private Cell cell(Measurement measurement, Measurement.Plan plan) {
        Optional<Cell> known = store.find(plan.key());
        if (known.isPresent()) {
            return measurement.named(known.get(), plan);
        }
        Cell cell = measurement.measure(plan, store);
        store.keep(cell);
        place.notices()
                .accept(
                        String.format(
                                Locale.ROOT,
                                "%s, %s, %d evaluations, seed %d: %s %.2f, %.2f ms a picture",
                                cell.entry(),
                                cell.sampler(),
                                cell.nfe(),
                                cell.seed(),
                                cell.metric(),
                                cell.value(),
                                cell.milliseconds()));
        return cell;
    }

    private void write() {
        var results =
                new Results(config, List.copyOf(cells), List.copyOf(costs.values()), published());
        Json.text(table(), ComparisonTable.of(results));
        Json.text(page(), new ComparisonPage(results, store).html());
    }

    private List<PublishedResult> published() {
        return config.published() ? PublishedResult.all() : List.of();
    }
}
