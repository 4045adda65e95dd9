package dev.cm4j.compare;

import java.util.Optional;

/**
 * A data set and how pictures are judged beside it.
 *
 * @param name what entries call it
 * @param data {@code digits}, {@code mnist}, {@code fashion-mnist}, {@code cifar10}, an {@code
 *     .npz} file or a folder; a relative one is looked for here, then in the data folders
 * @param size side of the pictures in pixels, needed for a folder of pictures
 * @param channels of a folder of pictures, 1 or 3 (absent: 3)
 * @param metric whose features are compared
 * @param weights of the judge's network, a path or, for Inception, {@code download}; absent: where
 *     they usually lie
 * @param reference what to compare with: a data set as in {@code data}, or statistics in an {@code
 *     .npz} file; absent: the data set itself, its training pictures
 * @param pictures made for each number, N
 * @param publishedAs data set of the published numbers to show; absent: {@code data}
 */
public record DatasetConfig(
        String name,
        String data,
        Optional<Integer> size,
        Optional<Integer> channels,
        JudgeKind metric,
        Optional<String> weights,
        Optional<String> reference,
        int pictures,
        Optional<String> publishedAs) {

    private static final int LEAST = 2;

    /**
     * @throws IllegalArgumentException if a number is out of range
     */
    public DatasetConfig {
        Names.require("dataset", name);
        if (pictures < LEAST) {
            throw new IllegalArgumentException(
                    "pictures must be %d or more for a distance, not %d"
                            .formatted(LEAST, pictures));
        }
    }

    /** The same with another source of data. */
    DatasetConfig withData(String other) {
        return new DatasetConfig(
                name,
                other,
                size,
                channels,
                metric,
                weights,
                reference,
                pictures,
                publishedAs.or(() -> Optional.of(data)));
    }

    /** The same with another number of pictures. */
    DatasetConfig withPictures(int count) {
        return new DatasetConfig(
                name, data, size, channels, metric, weights, reference, count, publishedAs);
    }
}
