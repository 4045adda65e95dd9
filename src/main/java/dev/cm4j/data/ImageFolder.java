package dev.cm4j.data;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A folder of pictures of any size as square images of one size.
 *
 * <p>Pictures are found in all folders below, in a fixed order. Up to 2 GiB of images are decoded
 * at once when the folder is opened and stay in native memory; larger sets are decoded as they are
 * read.
 */
public final class ImageFolder implements Dataset {

    private static final long KEPT_BYTES = 2L << 30;

    private final Path root;
    private final ImageFolderConfig config;
    private final List<Path> files;
    private final List<Path> skipped;
    private final List<Path> others;
    private final PictureLabels labels;
    private final String fingerprint;
    private final Arena arena;
    private final Optional<MemorySegment> pixels;

    private ImageFolder(
            Path root,
            ImageFolderConfig config,
            PictureList list,
            List<Path> files,
            List<Path> skipped,
            Arena arena,
            Optional<MemorySegment> pixels) {
        this.root = root;
        this.config = config;
        this.files = files;
        this.skipped = skipped;
        this.others = list.others();
        this.labels = PictureLabels.of(root, files, config.labels());
        this.fingerprint = fingerprint(root, config, files, labels);
        this.arena = arena;
        this.pixels = pixels;
    }

    /**
     * Opens a folder.
     *
     * @param root the folder
     * @param config size, labels and rules
     * @return the images [channels, size, size], the caller's to close
     * @throws FormatException if there is no picture, a picture cannot be decoded (unless bad ones
     *     are skipped) or its label is not known
     * @throws UncheckedIOException if a file cannot be read
     */
    public static ImageFolder open(Path root, ImageFolderConfig config) {
        if (!Files.isDirectory(root)) {
            throw new UncheckedIOException(
                    root + " is not a folder", new NotDirectoryException(root.toString()));
        }
        PictureList list = PictureList.of(root);
        List<Path> all = list.pictures();
        PictureLabels.of(root, all, config.labels()); // fails early
        long bytes = (long) config.channels() * config.size() * config.size();
        boolean keep = bytes * all.size() <= KEPT_BYTES;
        Arena arena = Arena.ofShared();
        try {
            if (!keep && !config.skipBad()) {
                return new ImageFolder(root, config, list, all, List.of(), arena, Optional.empty());
            }
            MemorySegment memory = arena.allocate(keep ? bytes * all.size() : 0, Long.BYTES);
            boolean[] bad = new boolean[all.size()];
            EachIndex.of(
                    bad.length,
                    i -> {
                        try {
                            byte[] image = decode(root.resolve(all.get(i)), config);
                            if (keep) {
                                MemorySegment.copy(
                                        image,
                                        0,
                                        memory,
                                        ValueLayout.JAVA_BYTE,
                                        i * bytes,
                                        image.length);
                            }
                        } catch (FormatException e) {
                            if (!config.skipBad()) {
                                throw e;
                            }
                            bad[i] = true;
                        }
                    });
            return kept(root, config, list, bad, arena, keep, memory);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Refuses what {@link #open} would, as far as a list of the files and the first picture tell.
     *
     * @param root the folder
     * @param config size, labels and rules
     * @throws FormatException if there is no picture, its label is not known, or it is bad
     */
    static void probe(Path root, ImageFolderConfig config) {
        List<Path> pictures = PictureList.of(root).pictures();
        PictureLabels.of(root, pictures, config.labels());
        if (!config.skipBad()) {
            decode(root.resolve(pictures.getFirst()), config);
        }
    }

    /** Closes the gaps that bad pictures left. */
    private static ImageFolder kept(
            Path root,
            ImageFolderConfig config,
            PictureList list,
            boolean[] bad,
            Arena arena,
            boolean keep,
            MemorySegment memory) {
        List<Path> all = list.pictures();
        int[] good = IntStream.range(0, bad.length).filter(i -> !bad[i]).toArray();
        if (good.length == 0) {
            throw new FormatException(root, "no picture that can be read", "at least one");
        }
        long bytes = (long) config.channels() * config.size() * config.size();
        for (int i = 0; keep && i < good.length; i++) {
            if (good[i] != i) {
                MemorySegment.copy(memory, good[i] * bytes, memory, i * bytes, bytes);
            }
        }
        return new ImageFolder(
                root,
                config,
                list,
                IntStream.of(good).mapToObj(all::get).toList(),
                IntStream.range(0, bad.length).filter(i -> bad[i]).mapToObj(all::get).toList(),
                arena,
                keep ? Optional.of(memory.asSlice(0, bytes * good.length)) : Optional.empty());
    }

    /**
     * Pictures left out because they cannot be read.
     *
     * @return paths below the folder, usually none
     */
    public List<Path> skipped() {
        return skipped;
    }

    @Override
    public List<String> notices() {
        List<String> notices = new ArrayList<>(FolderNotices.of(root, files, config, labels));
        if (!others.isEmpty()) {
            notices.add(
                    (others.size() == 1
                                    ? "1 file does not end in .jpg, .jpeg, .png, .gif or .bmp and is left out: "
                                    : others.size()
                                            + " files do not end in .jpg, .jpeg, .png, .gif or .bmp and"
                                            + " are left out, such as ")
                            + root.resolve(others.getFirst()));
        }
        if (!skipped.isEmpty()) {
            notices.add(
                    (skipped.size() == 1
                                    ? "1 picture cannot be read and is left out: "
                                    : skipped.size()
                                            + " pictures cannot be read and are left out, such as ")
                            + root.resolve(skipped.getFirst()));
        }
        return notices;
    }

    /**
     * The rule the labels were found by.
     *
     * @return never AUTO
     */
    public LabelRule labelRule() {
        return labels.rule();
    }

    @Override
    public int size() {
        return files.size();
    }

    @Override
    public int channels() {
        return config.channels();
    }

    @Override
    public int height() {
        return config.size();
    }

    @Override
    public int width() {
        return config.size();
    }

    @Override
    public int classes() {
        return labels.classes();
    }

    @Override
    public void read(int index, MemorySegment target) {
        Objects.checkIndex(index, size());
        long bytes = (long) channels() * height() * width();
        if (pixels.isPresent()) {
            MemorySegment.copy(pixels.orElseThrow(), index * bytes, target, 0, bytes);
        } else {
            byte[] image = decode(root.resolve(files.get(index)), config);
            MemorySegment.copy(image, 0, target, ValueLayout.JAVA_BYTE, 0, image.length);
        }
    }

    @Override
    public int label(int index) {
        if (classes() == 0) {
            throw new IllegalStateException(root + " has no labels");
        }
        return labels.labels()[index];
    }

    @Override
    public Optional<MemorySegment> pixels() {
        return pixels;
    }

    @Override
    public List<String> classNames() {
        return labels.classNames();
    }

    @Override
    public String fingerprint() {
        return fingerprint;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    private static byte[] decode(Path file, ImageFolderConfig config) {
        Picture picture = PictureFile.read(file);
        Picture mode = config.channels() == 1 ? picture.grey() : picture.colour();
        try {
            return config.resize().apply(mode, config.size()).bytes();
        } catch (IllegalArgumentException e) { // so long and narrow that no size fits both sides
            throw new FormatException(
                    file,
                    "%dx%d pixels: %s".formatted(mode.width(), mode.height(), e.getMessage()),
                    "a picture whose shorter side can become " + config.size() + " pixels",
                    e);
        }
    }

    private static String fingerprint(
            Path root, ImageFolderConfig config, List<Path> files, PictureLabels labels) {
        Fingerprint hash =
                new Fingerprint()
                        .add("folder " + config.resize())
                        .add(config.channels())
                        .add(config.size());
        try {
            for (Path file : files) {
                hash.add(file.toString().replace('\\', '/')).add(Files.size(root.resolve(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + root + ": " + e.getMessage(), e);
        }
        return hash.add(labels.labels()).hex();
    }
}
