package dev.cm4j.cli;

import static java.util.stream.Collectors.toSet;

import dev.cm4j.Pictures;
import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import dev.cm4j.image.Png;
import dev.cm4j.image.SampleArchive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Writes pictures the way a file name asks for: {@code .png} a grid, {@code .npz} arrays as the
 * original code has them, anything else a folder of single files.
 *
 * @param columns of the grid, empty for a square
 * @param scale side of the square each pixel of the grid becomes, empty: by size
 */
record PictureWriter(Optional<Integer> columns, Optional<Integer> scale) {

    private static final int COMFORTABLE_SIDE = 64;
    private static final int MOST_SCALE = 4;

    PictureWriter {
        columns.ifPresent(n -> requirePositive("--columns", n));
        scale.ifPresent(n -> requirePositive("--scale", n));
    }

    /**
     * Writes pictures.
     *
     * @param pictures what to write
     * @param out where; a folder is made where it is missing
     * @param remarks written into every PNG
     * @throws IllegalArgumentException if the grid would be too large
     */
    void write(Pictures pictures, Path out, Map<String, String> remarks) {
        if (isGrid(out)) {
            Png.write(out, grid(pictures), remarks);
        } else if (isArrays(out)) {
            SampleArchive.write(
                    out, pictures.count(), pictures.list().iterator(), pictures.labels());
        } else {
            writeFolder(pictures, out, remarks);
        }
    }

    /** Whether all pictures become one file. */
    static boolean isGrid(Path out) {
        return ends(out, "png") && !Files.isDirectory(out);
    }

    private static boolean isArrays(Path out) {
        return ends(out, "npz") && !Files.isDirectory(out);
    }

    private static boolean ends(Path out, String suffixes) {
        return out.toString().toLowerCase(Locale.ROOT).matches("(?s).*\\.(" + suffixes + ")");
    }

    /**
     * Refuses a name of another kind of picture file.
     *
     * @param out where pictures shall be written
     * @throws IllegalArgumentException if it ends as a JPEG or the like
     */
    static void requireKind(Path out) {
        if (!Files.isDirectory(out) && ends(out, "jpe?g|gif|bmp|webp|tiff?")) {
            throw new IllegalArgumentException(
                    "pictures are written as x.png, x.npz or a folder of PNG, so not " + out);
        }
    }

    /**
     * Refuses a folder whose pictures would stay among the new ones, before any is made.
     *
     * @param out where pictures shall be written
     * @param count how many
     * @param labels class of each, or none
     * @throws IllegalArgumentException if it holds a picture that is not replaced
     */
    static void requireOwn(Path out, int count, long[] labels) {
        if (!Files.isDirectory(out)) {
            return;
        }
        Set<String> replaced =
                IntStream.range(0, count).mapToObj(i -> name(labels, i)).collect(toSet());
        try (Stream<Path> files = Files.list(out)) {
            Optional<Path> other =
                    files.filter(PictureFile::recognises)
                            .filter(file -> !replaced.contains(file.getFileName().toString()))
                            .findFirst();
            if (other.isPresent()) {
                throw new IllegalArgumentException(
                        "%s holds other pictures, such as %s, which would mix with the new ones; name a new folder or empty this one"
                                .formatted(out, other.get().getFileName()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list the folder " + out, e);
        }
    }

    /** {@code 000000.png}, or {@code 3_000000.png} for class 3. */
    private static String name(long[] labels, int i) {
        return labels.length > 0
                ? String.format(Locale.ROOT, "%d_%06d.png", labels[i], i)
                : String.format(Locale.ROOT, "%06d.png", i);
    }

    /** All pictures on one canvas. */
    Picture grid(Pictures pictures) {
        return Grid.of(pictures.list(), columns.orElseGet(() -> Grid.columns(pictures.count())))
                .enlarge(factor(pictures));
    }

    /** Side of the square each pixel becomes. */
    int factor(Pictures pictures) {
        Picture first = pictures.list().getFirst();
        int side = Math.max(first.height(), first.width());
        return scale.orElse(Math.clamp(COMFORTABLE_SIDE / side, 1, MOST_SCALE));
    }

    /** One file a picture. */
    private static void writeFolder(Pictures pictures, Path folder, Map<String, String> remarks) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the folder " + folder, e);
        }
        long[] labels = pictures.labels();
        for (int i = 0; i < pictures.count(); i++) {
            Png.write(folder.resolve(name(labels, i)), pictures.list().get(i), remarks);
        }
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(option + " must be at least 1, not " + value);
        }
    }
}
