package dev.cm4j.compare;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * What is compared with what, and how.
 *
 * @param title of the page
 * @param seeds each number is measured with; several give an interval
 * @param published whether published numbers are shown beside ours
 * @param datasets at least one
 * @param entries at least one
 */
public record ComparisonConfig(
        String title,
        List<Long> seeds,
        boolean published,
        List<DatasetConfig> datasets,
        List<EntryConfig> entries) {

    /**
     * @throws IllegalArgumentException if a name is used twice, or means nothing
     */
    public ComparisonConfig {
        seeds = List.copyOf(seeds);
        datasets = List.copyOf(datasets);
        entries = List.copyOf(entries);
        if (seeds.isEmpty() || datasets.isEmpty() || entries.isEmpty()) {
            throw new IllegalArgumentException(
                    "a comparison needs one seed, one dataset and one entry at least");
        }
        if (Set.copyOf(seeds).size() < seeds.size()) {
            throw new IllegalArgumentException("a seed stands twice among " + seeds);
        }
        List<String> sets = datasets.stream().map(DatasetConfig::name).toList();
        List<String> names = entries.stream().map(EntryConfig::name).toList();
        Names.requireDifferent("datasets", sets);
        Names.requireDifferent("entries", names);
        for (EntryConfig entry : entries) {
            String where = "entry " + entry.name();
            Names.requireKnown(where + ", dataset", entry.dataset(), sets);
            entry.taughtBy()
                    .ifPresent(name -> Names.requireKnown(where + ", teacher", name, names));
            for (SamplerConfig sampler : entry.measured()) {
                if (sampler.from().isPresent()) {
                    requireStart(entry, sampler.from().get(), names, entries);
                }
            }
        }
        inOrder(entries);
    }

    private static void requireStart(
            EntryConfig entry, String from, List<String> names, List<EntryConfig> entries) {
        Names.requireKnown("entry " + entry.name() + ", from", from, names);
        String other = entry(entries, from).dataset();
        if (!other.equals(entry.dataset())) {
            throw new IllegalArgumentException(
                    "entry %s, from: %s is of dataset %s, not of %s"
                            .formatted(entry.name(), from, other, entry.dataset()));
        }
    }

    /** A data set by its name. */
    DatasetConfig dataset(String name) {
        return datasets.stream().filter(d -> d.name().equals(name)).findFirst().orElseThrow();
    }

    /** An entry by its name. */
    EntryConfig entry(String name) {
        return entry(entries, name);
    }

    private static EntryConfig entry(List<EntryConfig> entries, String name) {
        return entries.stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
    }

    /** The entries, teachers before those who learn from them. */
    List<EntryConfig> inOrder() {
        return inOrder(entries);
    }

    private static List<EntryConfig> inOrder(List<EntryConfig> entries) {
        Set<EntryConfig> order = new LinkedHashSet<>();
        for (EntryConfig entry : entries) {
            List<EntryConfig> chain = new ArrayList<>();
            Set<String> seen = new HashSet<>();
            Optional<EntryConfig> at = Optional.of(entry);
            while (at.isPresent()) {
                if (!seen.add(at.get().name())) {
                    throw new IllegalArgumentException(
                            "the teachers of entry %s form a circle".formatted(entry.name()));
                }
                chain.addFirst(at.get());
                at = at.get().taughtBy().map(name -> entry(entries, name));
            }
            order.addAll(chain);
        }
        return List.copyOf(order);
    }

    /**
     * The same with another source for a data set.
     *
     * @param name of the data set
     * @param data as in {@link DatasetConfig}
     * @throws IllegalArgumentException if there is no such data set
     */
    public ComparisonConfig withData(String name, String data) {
        Names.requireKnown("dataset", name, datasets.stream().map(DatasetConfig::name).toList());
        return withDatasets(set -> set.name().equals(name) ? set.withData(data) : set);
    }

    /** The same with this number of pictures for every number. */
    public ComparisonConfig withPictures(int count) {
        return withDatasets(set -> set.withPictures(count));
    }

    /**
     * The same with a finished model for an entry, which is then not trained.
     *
     * @param name of the entry
     * @param file the model
     * @throws IllegalArgumentException if there is no such entry
     */
    public ComparisonConfig withModel(String name, String file) {
        Names.requireKnown("entry", name, entries.stream().map(EntryConfig::name).toList());
        return new ComparisonConfig(
                title,
                seeds,
                published,
                datasets,
                entries.stream()
                        .map(entry -> entry.name().equals(name) ? entry.withModel(file) : entry)
                        .toList());
    }

    private ComparisonConfig withDatasets(UnaryOperator<DatasetConfig> change) {
        return new ComparisonConfig(
                title, seeds, published, datasets.stream().map(change).toList(), entries);
    }
}
