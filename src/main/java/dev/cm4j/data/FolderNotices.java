package dev.cm4j.data;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the user of a folder of pictures should know: what is made of them, and what is no class.
 */
final class FolderNotices {

    /** Pictures that are looked at for one that is changed. */
    private static final int LOOKS = 16;

    private FolderNotices() {}

    /**
     * @param root the folder
     * @param files its pictures, relative to it
     * @param config what is made of them
     * @param found their labels
     * @return sentences without a full stop
     */
    static List<String> of(
            Path root, List<Path> files, ImageFolderConfig config, PictureLabels found) {
        List<String> notices = new ArrayList<>();
        stray(root, files, config.labels(), found).ifPresent(notices::add);
        if (found.rule() == LabelRule.DIR) {
            notices.addAll(empty(root, found));
        }
        changed(root, files, config).ifPresent(notices::add);
        return notices;
    }

    /** Pictures beside the folders, which take their classes from all. */
    private static Optional<String> stray(
            Path root, List<Path> files, LabelRule asked, PictureLabels found) {
        List<Path> beside = files.stream().filter(file -> file.getNameCount() == 1).toList();
        boolean folders = beside.size() < files.size();
        if (asked != LabelRule.AUTO || found.rule() != LabelRule.NONE || !folders) {
            return Optional.empty();
        }
        return beside.stream()
                .findFirst()
                .map(first ->
                        "there are no classes, because %s lies beside the folders of %s; move it into one for a class from each"
                                .formatted(
                                        beside.size() == 1
                                                ? first
                                                : first + " and " + (beside.size() - 1) + " more",
                                        root));
    }

    private static List<String> empty(Path root, PictureLabels found) {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(Files::isDirectory)
                    .map(folder -> folder.getFileName().toString())
                    .filter(name -> !name.startsWith(".") && !found.classNames().contains(name))
                    .sorted()
                    .map(name -> root.resolve(name) + " holds no picture and is no class")
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + root, e);
        }
    }

    private static Optional<String> changed(Path root, List<Path> files, ImageFolderConfig config) {
        return files.stream()
                .limit(LOOKS)
                .map(file -> change(root.resolve(file), config))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<String> change(Path file, ImageFolderConfig config) {
        Picture picture;
        try {
            picture = PictureFile.read(file);
        } catch (FormatException bad) {
            return Optional.empty(); // said by whoever needs it
        }
        boolean square = picture.width() == picture.height();
        boolean sized = square && picture.width() == config.size();
        if (sized && picture.channels() == config.channels()) {
            return Optional.empty();
        }
        List<String> made = new ArrayList<>();
        if (!square) {
            made.add("cut to the square in their middle");
        }
        if (!sized) {
            made.add("resized to " + config.size() + "x" + config.size() + " pixels");
        }
        if (picture.channels() != config.channels()) {
            made.add("made " + (config.channels() == 1 ? "grey" : "colour"));
        }
        String size = picture.width() + "x" + picture.height();
        return Optional.of(
                "pictures are " + String.join(", ", made) + ", such as " + file + " of " + size);
    }
}
