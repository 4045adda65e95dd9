package dev.cm4j.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Finds a data set by its name or path. */
public final class DataSource {

    private static final int DEFAULT_PICTURE_CHANNELS = 3;
    private static final Set<String> NAMES = Set.of("digits", "mnist", "fashion-mnist", "cifar10");

    private DataSource() {}

    /**
     * Opens a data set.
     *
     * <p>{@code digits} is drawn on the spot. {@code mnist}, {@code fashion-mnist} and {@code
     * cifar10} are looked for in the config's folders, then in its cache, and are fetched into the
     * cache where that is allowed. Anything else is a path: an {@code .npz} file of samples, or a
     * folder of IDX files, CIFAR-10 files or pictures.
     *
     * @param spec name or path
     * @param config places and wishes
     * @return the data set, the caller's to close
     * @throws IllegalArgumentException if the wanted size does not fit the data
     * @throws dev.cm4j.checkpoint.FormatException if files are damaged
     * @throws UncheckedIOException if there is no such data; the message says which file to put
     *     where
     */
    public static Dataset open(String spec, DataConfig config) {
        return open(spec, config, new Downloads());
    }

    static Dataset open(String spec, DataConfig config, Downloads downloads) {
        return switch (spec) {
            case "digits" -> digits(config);
            case "mnist" -> sized(idx(PublishedData.MNIST, config, downloads), config);
            case "fashion-mnist" ->
                    sized(idx(PublishedData.FASHION_MNIST, config, downloads), config);
            case "cifar10" -> sized(cifar(config, downloads), config);
            default ->
                    spec.endsWith(".npz")
                            ? sized(NpzImages.open(Path.of(spec)), config)
                            : folder(Path.of(spec), config);
        };
    }

    /**
     * Says that a published data set is here in part only.
     *
     * @param spec as in {@link #open}
     * @param config places and wishes
     * @return a sentence without a full stop; empty where nothing is missing, or nothing is here
     */
    public static Optional<String> lack(String spec, DataConfig config) {
        List<Path> folders =
                spec.equals("cifar10")
                        ? places(PublishedData.CIFAR10, config)
                        : List.of(Path.of(spec));
        return folders.stream()
                .filter(folder -> CifarBinary.isThere(folder, config.split()))
                .findFirst()
                .flatMap(folder -> CifarBinary.lack(folder, config.split()));
    }

    /** Whether this is the name of a data set, and no path. */
    public static boolean isName(String spec) {
        return NAMES.contains(spec);
    }

    /**
     * Refuses what {@link #open} would, without decoding a whole folder of pictures: of such a one
     * the first picture is read. Data sets that may be fetched are.
     *
     * @param spec name or path
     * @param config places and wishes
     * @throws IllegalArgumentException if the wanted size does not fit the data
     * @throws dev.cm4j.checkpoint.FormatException if files are damaged
     * @throws UncheckedIOException if there is no such data
     */
    public static void probe(String spec, DataConfig config) {
        Path path = Path.of(spec);
        boolean pictures =
                Files.isDirectory(path)
                        && !isName(spec)
                        && !MnistIdx.isThere(path, config.split())
                        && !CifarBinary.isThere(path, config.split());
        if (pictures) {
            ImageFolder.probe(path, form(config));
        } else {
            open(spec, config).close();
        }
    }

    /**
     * The weights of the Inception network of 2015, {@code pt_inception-2015-12-05}: looked for in
     * the config's folders, then in its cache, and fetched into the cache where that is allowed.
     *
     * @param config places and wishes
     * @return the file, of the published checksum where it was fetched
     * @throws UncheckedIOException if it is not there; the message says which file to put where
     */
    public static Path inceptionWeights(DataConfig config) {
        return inceptionWeights(config, new Downloads());
    }

    static Path inceptionWeights(DataConfig config, Downloads downloads) {
        String name = PublishedData.INCEPTION.files().getFirst().name();
        for (Path folder : places(PublishedData.INCEPTION, config)) {
            if (Files.exists(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        return fetch(PublishedData.INCEPTION, config, downloads).resolve(name);
    }

    private static Dataset digits(DataConfig config) {
        return sized(Digits.open(config.split()), config);
    }

    private static Dataset idx(PublishedData data, DataConfig config, Downloads downloads) {
        for (Path folder : places(data, config)) {
            if (MnistIdx.isThere(folder, config.split())) {
                return MnistIdx.open(folder, config.split());
            }
        }
        return MnistIdx.open(fetch(data, config, downloads), config.split());
    }

    private static Dataset cifar(DataConfig config, Downloads downloads) {
        for (Path folder : places(PublishedData.CIFAR10, config)) {
            if (CifarBinary.isThere(folder, config.split())) {
                return CifarBinary.open(folder, config.split());
            }
        }
        return CifarBinary.open(fetch(PublishedData.CIFAR10, config, downloads), config.split());
    }

    private static List<Path> places(PublishedData data, DataConfig config) {
        List<Path> places = new ArrayList<>();
        for (Path folder : config.folders()) {
            data.folderNames().forEach(name -> places.add(folder.resolve(name)));
        }
        data.folderNames().forEach(name -> places.add(config.cache().resolve(name)));
        return places;
    }

    private static Path fetch(PublishedData data, DataConfig config, Downloads downloads) {
        Path target = config.cache().resolve(data.folderNames().getFirst());
        String advice =
                "put %s into %s".formatted(data.fileNames(), places(data, config).getFirst());
        if (!config.download()) {
            throw missing(data, advice, Optional.empty());
        }
        try {
            downloads.fetch(data, target);
            return target;
        } catch (UncheckedIOException e) {
            throw missing(data, advice, Optional.of(e));
        }
    }

    private static UncheckedIOException missing(
            PublishedData data, String advice, Optional<UncheckedIOException> cause) {
        String why = cause.map(e -> " and cannot be fetched (" + e.getMessage() + ")").orElse("");
        String message = data.title() + " is not here" + why + "; " + advice;
        IOException reason = new IOException(message);
        cause.ifPresent(reason::addSuppressed);
        return new UncheckedIOException(message, reason);
    }

    private static Dataset folder(Path folder, DataConfig config) {
        if (!Files.isDirectory(folder)) {
            throw new UncheckedIOException(
                    folder
                            + " is neither a folder nor one of digits, mnist, fashion-mnist,"
                            + " cifar10",
                    new NoSuchFileException(folder.toString()));
        }
        if (MnistIdx.isThere(folder, config.split())) {
            return sized(MnistIdx.open(folder, config.split()), config);
        }
        if (CifarBinary.isThere(folder, config.split())) {
            return sized(CifarBinary.open(folder, config.split()), config);
        }
        return ImageFolder.open(folder, form(config));
    }

    /** What is made of pictures. */
    private static ImageFolderConfig form(DataConfig config) {
        int size =
                config.size()
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "a folder of pictures needs the size wanted, such as"
                                                + " --image-size 64"));
        return new ImageFolderConfig(
                size,
                config.channels().orElse(DEFAULT_PICTURE_CHANNELS),
                config.labels(),
                config.resize(),
                config.skipBad());
    }

    /** Pads small images to the wanted size. */
    private static Dataset sized(Dataset dataset, DataConfig config) {
        if (config.size().isEmpty()) {
            return dataset;
        }
        int size = config.size().orElseThrow();
        try {
            return Padded.of(dataset, size, size);
        } catch (IllegalArgumentException e) {
            dataset.close();
            throw e;
        }
    }
}
