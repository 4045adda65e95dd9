package dev.cm4j.cli;

import dev.cm4j.Pictures;
import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.image.SampleArchive;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

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
        String name = out.toString().toLowerCase(Locale.ROOT);
        if (Files.isDirectory(out)) {
            writeFolder(pictures, out, remarks);
        } else if (name.endsWith(".png")) {
            Png.write(out, grid(pictures), remarks);
        } else if (name.endsWith(".npz")) {
            SampleArchive.write(
                    out, pictures.count(), pictures.list().iterator(), pictures.labels());
        } else {
            writeFolder(pictures, out, remarks);
        }
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

    /** One file a picture, {@code 000000.png}, or {@code 3_000000.png} for class 3. */
    private static void writeFolder(Pictures pictures, Path folder, Map<String, String> remarks) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the folder " + folder, e);
        }
        for (int i = 0; i < pictures.count(); i++) {
            boolean labelled = pictures.labels().length > 0;
            String name =
                    labelled
                            ? String.format(Locale.ROOT, "%d_%06d.png", pictures.labels()[i], i)
                            : String.format(Locale.ROOT, "%06d.png", i);
            Png.write(folder.resolve(name), pictures.list().get(i), remarks);
        }
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(option + " must be at least 1, not " + value);
        }
    }
}
