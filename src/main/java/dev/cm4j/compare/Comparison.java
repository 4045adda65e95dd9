package dev.cm4j.compare;

import dev.cm4j.Cancellation;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Trains what is to be trained, measures what is not measured yet, and writes table and page. One
 * that was interrupted goes on: trainings from their checkpoints, cells from the next. An entry
 * that fails is named on the page, and the others go on.
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
    private final Failures failures;
    private final Models models;
    private final List<Cell> cells = new ArrayList<>();
    private final Set<Suitability.Refusal> refusals = new LinkedHashSet<>();

    /** How a comparison ended. */
    public enum Ending {
        /** Everything is measured. */
        DONE,
        /** Something could not be done; the page says what. */
        INCOMPLETE,
        /** It was asked to stop. */
        STOPPED
    }

    /**
     * @param config what is compared
     * @param place where
     */
    public Comparison(ComparisonConfig config, Workplace place) {
        this.config = config;
        this.place = place;
        this.store = new CellStore(place.folder());
        this.failures = new Failures(place.sentences(), place.notices());
        this.models = new Models(config, place, failures, cancellation);
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
     * Refuses what cannot work, before anything is trained: presets, models, data and judges. A
     * sampler that does not suit its model is noted, and left out alone.
     *
     * @throws IllegalArgumentException if a preset does not fit
     * @throws UncheckedIOException if a file is missing
     * @throws dev.cm4j.checkpoint.FormatException if pictures or models cannot be read
     */
    public void check() {
        models.check();
        config.datasets().forEach(set -> Judge.check(set, place));
        PublishedNumbers.absent(config, place).forEach(place.notices());
        new Suitability(config, place).refusals().forEach(this::refuse);
    }

    private void refuse(Suitability.Refusal refusal) {
        if (refusals.add(refusal)) {
            failures.note(
                    "entry " + refusal.entry(),
                    "%s not measured: %s".formatted(refusal.sampler().label(), refusal.reason()));
        }
    }

    /** Asks the work to stop after the step in hand; from any thread. */
    public void requestStop() {
        cancellation.cancel();
        models.requestStop();
    }

    /**
     * Does the work, and writes table and page of what there is at its end, whatever failed and
     * wherever it was stopped.
     *
     * @return how it ended
     */
    public Ending run() {
        try (EnergyMeter meter = EnergyMeter.of(place.device())) {
            models.prepare(meter);
            config.datasets().forEach(set -> collect(set, meter));
        } finally {
            write();
        }
        if (cancellation.isCancelled()) {
            return Ending.STOPPED;
        }
        return failures.all().isEmpty() ? Ending.DONE : Ending.INCOMPLETE;
    }

    private void collect(DatasetConfig set, EnergyMeter meter) {
        List<EntryConfig> entries =
                config.entries().stream()
                        .filter(entry -> entry.dataset().equals(set.name()))
                        .filter(entry -> !entry.measured().isEmpty())
                        .filter(entry -> models.paths().containsKey(entry.name()))
                        .toList();
        if (entries.isEmpty()) {
            return;
        }
        failures.attempt(
                "dataset " + set.name(),
                () -> {
                    try (Judge judge = Judge.open(set, place)) {
                        entries.forEach(entry -> collect(set, entry, judge, meter));
                    }
                });
    }

    private void collect(DatasetConfig set, EntryConfig entry, Judge judge, EnergyMeter meter) {
        String part = "entry " + entry.name();
        failures.attempt(
                part,
                () -> {
                    try (var measurement =
                            new Measurement(
                                    set,
                                    possible(entry),
                                    models.paths(),
                                    judge,
                                    place,
                                    meter,
                                    cancellation)) {
                        collect(entry.name(), measurement);
                    }
                });
    }

    /** An entry without the samplers that start from a model that is not there. */
    private EntryConfig possible(EntryConfig entry) {
        List<SamplerConfig> samplers = new ArrayList<>();
        for (SamplerConfig sampler : entry.measured()) {
            boolean refused =
                    refusals.stream()
                            .anyMatch(each ->
                                    each.entry().equals(entry.name())
                                            && each.sampler().equals(sampler));
            if (refused) {
                continue;
            }
            if (sampler.from().filter(this::isMissing).isEmpty()) {
                samplers.add(sampler);
            } else if (!cancellation.isCancelled()) {
                failures.note(
                        "entry " + entry.name(),
                        "%s not measured, for %s, which it starts from, failed"
                                .formatted(sampler.label(), sampler.from().orElseThrow()));
            }
        }
        return entry.withSamplers(samplers);
    }

    private boolean isMissing(String entry) {
        return !models.paths().containsKey(entry);
    }

    /** Measures cells until one fails or a stop is asked for, and finds the finished ones. */
    private void collect(String entry, Measurement measurement) {
        List<SamplerConfig> suited =
                measurement.suited((sampler, reason) ->
                        refuse(new Suitability.Refusal(entry, sampler, reason)));
        String part = "entry " + entry;
        boolean goesOn = true;
        for (long seed : config.seeds()) {
            for (Measurement.Plan plan : measurement.plan(suited, seed)) {
                Optional<Cell> known = store.find(plan.key());
                if (known.isPresent()) {
                    cells.add(measurement.named(known.get(), plan));
                } else if (goesOn && !cancellation.isCancelled()) {
                    goesOn = failures.attempt(part, () -> cells.add(measured(measurement, plan)));
                }
            }
        }
    }

    private Cell measured(Measurement measurement, Measurement.Plan plan) {
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
        List<PublishedResult> published = PublishedNumbers.of(config, place);
        var results =
                new Results(config, List.copyOf(cells), models.costs(), published, failures.all());
        Json.text(table(), ComparisonTable.of(results));
        Json.text(page(), new ComparisonPage(results, store).html());
    }
}
