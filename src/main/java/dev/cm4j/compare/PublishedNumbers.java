package dev.cm4j.compare;

import dev.cm4j.data.DataSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The published numbers that may stand beside a comparison: those of data that are all here. */
final class PublishedNumbers {

    private PublishedNumbers() {}

    /** The numbers to show. */
    static List<PublishedResult> of(ComparisonConfig config, Workplace place) {
        if (!config.published()) {
            return List.of();
        }
        Set<String> parts =
                config.datasets().stream()
                        .filter(set -> lack(set, place).isPresent())
                        .map(PublishedNumbers::name)
                        .collect(Collectors.toSet());
        return PublishedResult.all().stream()
                .filter(result -> !parts.contains(result.data()))
                .toList();
    }

    /** A sentence about each data set whose published numbers are not shown. */
    static List<String> absent(ComparisonConfig config, Workplace place) {
        Set<String> known =
                PublishedResult.all().stream()
                        .map(PublishedResult::data)
                        .collect(Collectors.toSet());
        return config.datasets().stream()
                .filter(set -> config.published() && known.contains(name(set)))
                .flatMap(set -> lack(set, place).map(why -> set.name() + ": " + why).stream())
                .toList();
    }

    private static String name(DatasetConfig set) {
        return set.publishedAs().orElse(set.data());
    }

    private static Optional<String> lack(DatasetConfig set, Workplace place) {
        return DataSource.lack(place.place(set.data()), place.data());
    }
}
