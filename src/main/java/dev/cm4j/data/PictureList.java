package dev.cm4j.data;

import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The picture files below a folder, in the order of openai/consistency_models.
 *
 * @param pictures paths relative to the root: folder by folder, the entries of each sorted by code
 *     point
 * @param others in the same order the files that are no pictures by their names; hidden ones and
 *     the labels do not count
 */
record PictureList(List<Path> pictures, List<Path> others) {

    private static final Set<String> SUFFIXES = Set.of("jpg", "jpeg", "png", "gif", "bmp");
    private static final int MAX_DEPTH = 64; // ends the walk where links run in a circle

    /**
     * Looks through a folder.
     *
     * @throws FormatException if no picture is in it
     */
    static PictureList of(Path root) {
        var list = new PictureList(new ArrayList<>(), new ArrayList<>());
        list.walk(root, root, 0);
        if (list.pictures.isEmpty()) {
            throw new FormatException(
                    root,
                    "no pictures",
                    "files that end in one of " + SUFFIXES.stream().sorted().toList());
        }
        return list;
    }

    /** Whether a name ends as a picture's does. */
    static boolean isPictureName(Path file) {
        String name = file.getFileName().toString();
        String suffix = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && SUFFIXES.contains(suffix);
    }

    private void walk(Path root, Path folder, int depth) {
        if (depth > MAX_DEPTH) {
            throw new FormatException(
                    folder, "folders more than " + MAX_DEPTH + " deep", "no links in a circle");
        }
        List<Path> entries;
        try (Stream<Path> all = Files.list(folder)) {
            entries =
                    all.sorted(Comparator.comparing(p -> codePoints(p), Arrays::compare)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder + ": " + e.getMessage(), e);
        }
        for (Path entry : entries) {
            if (Files.isDirectory(entry)) {
                if (!entry.getFileName().toString().startsWith(".")) {
                    walk(root, entry, depth + 1);
                }
            } else if (isPictureName(entry)) {
                pictures.add(root.relativize(entry));
            } else if (!isSilent(entry)) {
                others.add(root.relativize(entry));
            }
        }
    }

    private static boolean isSilent(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith(".") || name.equals(PictureLabels.JSON_FILE);
    }

    private static int[] codePoints(Path path) {
        return path.getFileName().toString().codePoints().toArray();
    }
}
