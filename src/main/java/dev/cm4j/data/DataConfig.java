package dev.cm4j.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Where data sets are looked for, and in which form they are wanted.
 *
 * @param folders searched in this order for {@code mnist}, {@code cifar-10-batches-bin} and the
 *     like
 * @param cache searched last; receives what is downloaded
 * @param download whether a missing data set may be fetched from its publisher
 * @param split which half
 * @param size side of the images in pixels; empty: as they are. Digits are padded to it, pictures
 *     resized
 * @param channels of pictures in a folder, 1 or 3; empty: 3
 * @param labels where the classes of a folder come from
 * @param resize how pictures in a folder are resized
 * @param skipBad whether bad pictures in a folder are left out
 */
public record DataConfig(
        List<Path> folders,
        Path cache,
        boolean download,
        Split split,
        Optional<Integer> size,
        Optional<Integer> channels,
        LabelRule labels,
        ResizeRule resize,
        boolean skipBad) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if a size or number of channels is out of range
     */
    public DataConfig {
        folders = List.copyOf(folders);
        if (size.isPresent() && size.orElseThrow() < 1) {
            throw new IllegalArgumentException(
                    "images of " + size.orElseThrow() + " pixels a side");
        }
        if (channels.isPresent() && channels.orElseThrow() != 1 && channels.orElseThrow() != 3) {
            throw new IllegalArgumentException("channels must be 1 or 3, not " + channels.get());
        }
    }

    /**
     * The usual places and forms: {@code $CM4J_DATA}, else {@code data} and {@code ../shared/data};
     * then {@code $CM4J_CACHE}, else the user's cache folder; training images as they are.
     *
     * @return a config that may download
     */
    public static DataConfig defaults() {
        return defaults(name -> Optional.ofNullable(System.getenv(name)));
    }

    static DataConfig defaults(Function<String, Optional<String>> environment) {
        Function<String, Optional<Path>> folder =
                name -> environment.apply(name).filter(v -> !v.isBlank()).map(Path::of);
        Path cache =
                folder.apply("CM4J_CACHE")
                        .or(() -> folder.apply("XDG_CACHE_HOME").map(p -> p.resolve("cm4j")))
                        .orElse(Path.of(System.getProperty("user.home"), ".cache", "cm4j"));
        List<Path> folders =
                folder.apply("CM4J_DATA")
                        .map(List::of)
                        .orElseGet(() ->
                                Stream.of(Path.of("data"), Path.of("..", "shared", "data"))
                                        .filter(Files::isDirectory)
                                        .toList());
        return new DataConfig(
                folders,
                cache,
                true,
                Split.TRAIN,
                Optional.empty(),
                Optional.empty(),
                LabelRule.AUTO,
                ResizeRule.OPENAI,
                false);
    }

    /**
     * The same with one folder to search, as an option on the command line gives it.
     *
     * @param folder the folder that holds the data sets, taken at its word
     * @return a new config
     */
    public DataConfig withFolder(Path folder) {
        return new DataConfig(
                List.of(folder), cache, download, split, size, channels, labels, resize, skipBad);
    }

    /**
     * The same with one more folder, searched before the others.
     *
     * @param folder a folder that may hold data sets
     * @return a new config
     */
    public DataConfig withFolderFirst(Path folder) {
        return new DataConfig(
                Stream.concat(Stream.of(folder), folders.stream()).toList(),
                cache,
                download,
                split,
                size,
                channels,
                labels,
                resize,
                skipBad);
    }

    /**
     * The same for another half.
     *
     * @param other which half
     * @return a new config
     */
    public DataConfig withSplit(Split other) {
        return new DataConfig(
                folders, cache, download, other, size, channels, labels, resize, skipBad);
    }

    /**
     * The same for images of a size.
     *
     * @param side in pixels
     * @return a new config
     */
    public DataConfig withSize(int side) {
        return new DataConfig(
                folders,
                cache,
                download,
                split,
                Optional.of(side),
                channels,
                labels,
                resize,
                skipBad);
    }

    /**
     * The same for pictures of other channels.
     *
     * @param count 1 or 3
     * @return a new config
     */
    public DataConfig withChannels(int count) {
        return new DataConfig(
                folders, cache, download, split, size, Optional.of(count), labels, resize, skipBad);
    }

    /**
     * The same with or without downloads.
     *
     * @param allowed whether a missing data set may be fetched
     * @return a new config
     */
    public DataConfig withDownload(boolean allowed) {
        return new DataConfig(
                folders, cache, allowed, split, size, channels, labels, resize, skipBad);
    }

    /**
     * The same with other rules for folders of pictures.
     *
     * @param rule where classes come from
     * @param form how pictures are resized
     * @param leaveOut whether bad pictures are left out
     * @return a new config
     */
    public DataConfig withPictures(LabelRule rule, ResizeRule form, boolean leaveOut) {
        return new DataConfig(
                folders, cache, download, split, size, channels, rule, form, leaveOut);
    }
}
