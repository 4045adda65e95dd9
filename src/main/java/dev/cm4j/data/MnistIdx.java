package dev.cm4j.data;

import dev.cm4j.checkpoint.FormatException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A folder of four IDX files in the manner of MNIST and Fashion-MNIST: grey images and one label
 * each.
 *
 * <p>The files are called {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte}, {@code
 * t10k-…}, with or without {@code .gz}, with '-' or '.' before {@code idx}.
 */
public final class MnistIdx {

    private static final int CLASSES = 10;

    private MnistIdx() {}

    /**
     * Opens one half. Plain files are mapped, packed ones unpacked into native memory.
     *
     * @param folder where the files lie
     * @param split which half
     * @return the images [1, H, W] with labels 0 to 9, the caller's to close
     * @throws FormatException if a file is damaged or the numbers of images and labels differ
     * @throws UncheckedIOException if a file is missing or cannot be read
     */
    public static Dataset open(Path folder, Split split) {
        Path imageFile = require(folder, split, "images", 3);
        Path labelFile = require(folder, split, "labels", 1);
        Arena arena = Arena.ofShared();
        try {
            IdxFile images = IdxFile.read(imageFile, arena);
            IdxFile labels = IdxFile.read(labelFile, arena);
            requireRank(imageFile, images, 3);
            requireRank(labelFile, labels, 1);
            if (images.shape()[0] != labels.shape()[0]) {
                throw new FormatException(
                        labelFile,
                        labels.shape()[0] + " labels",
                        images.shape()[0] + ", one for each image of " + imageFile.getFileName());
            }
            int[] classes = new int[labels.shape()[0]];
            for (int i = 0; i < classes.length; i++) {
                classes[i] = labels.data().get(ValueLayout.JAVA_BYTE, i) & 0xFF;
                if (classes[i] >= CLASSES) {
                    throw new FormatException(
                            labelFile, "label " + classes[i] + " at number " + i, "0 to 9");
                }
            }
            ImageShape shape = new ImageShape(1, images.shape()[1], images.shape()[2]);
            requireSide(imageFile, shape);
            String fingerprint =
                    new Fingerprint()
                            .add("idx " + split)
                            .add(classes.length)
                            .add(shape.height())
                            .add(shape.width())
                            .add(classes)
                            .hex();
            return new LoadedImages(
                    arena, images.data(), shape, classes, CLASSES, List.of(), fingerprint);
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /**
     * Whether a folder holds the files of a half.
     *
     * @param folder any path
     * @param split which half
     * @return true if both its files are there
     */
    public static boolean isThere(Path folder, Split split) {
        return find(folder, split, "images", 3).isPresent()
                && find(folder, split, "labels", 1).isPresent();
    }

    private static Path require(Path folder, Split split, String what, int rank) {
        return find(folder, split, what, rank)
                .orElseThrow(() -> {
                    Path name = folder.resolve(names(split, what, rank).getFirst());
                    return new UncheckedIOException(
                            name + " does not exist", new NoSuchFileException(name.toString()));
                });
    }

    private static Optional<Path> find(Path folder, Split split, String what, int rank) {
        return names(split, what, rank).stream()
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** Possible names, the usual one first. */
    private static List<String> names(Split split, String what, int rank) {
        String half = split == Split.TRAIN ? "train-" : "t10k-";
        String plain = half + what + "-idx" + rank + "-ubyte";
        String dotted = half + what + ".idx" + rank + "-ubyte";
        return List.of(plain + ".gz", plain, dotted + ".gz", dotted);
    }

    private static void requireRank(Path file, IdxFile array, int rank) {
        if (array.shape().length != rank) {
            throw new FormatException(
                    file,
                    "sizes " + Arrays.toString(array.shape()),
                    rank == 1 ? "[count]" : "[count, height, width]");
        }
    }

    private static void requireSide(Path file, ImageShape shape) {
        if (shape.height() > 65_535 || shape.width() > 65_535 || shape.bytes() < 1) {
            throw new FormatException(
                    file,
                    "images of " + shape.width() + "x" + shape.height() + " pixels",
                    "sides of at most 65535");
        }
    }
}
