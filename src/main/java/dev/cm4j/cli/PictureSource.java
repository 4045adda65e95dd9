package dev.cm4j.cli;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.data.CifarBinary;
import dev.cm4j.data.DataConfig;
import dev.cm4j.data.DataSource;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.ImageFolder;
import dev.cm4j.data.ImageFolderConfig;
import dev.cm4j.data.LabelRule;
import dev.cm4j.data.MnistIdx;
import dev.cm4j.data.NpzImages;
import dev.cm4j.data.ResizeRule;
import dev.cm4j.data.Split;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Opens pictures to be scored, in whatever form they lie there. */
final class PictureSource {

    private PictureSource() {}

    /**
     * Whether a data set is meant by its name, which is looked for where {@code train} looks for
     * it. As there, a folder of that name is meant by {@code ./mnist}.
     */
    static boolean isNamed(Path from) {
        return DataSource.isName(from.toString());
    }

    /**
     * Opens grey pictures.
     *
     * @param from an {@code .npz} file, the name or folder of MNIST (its test half), or a folder of
     *     pictures
     * @return the pictures, the caller's to close
     * @throws FormatException if they cannot be read
     */
    static Dataset open(Path from) {
        return open(from, Split.TEST, true);
    }

    /**
     * Opens pictures, as many channels as they have.
     *
     * @param from an {@code .npz} file, the name or folder of a data set, or a folder of pictures
     * @param split the half of MNIST or CIFAR-10
     * @param grey whether pictures are wanted grey
     * @return the pictures, the caller's to close
     * @throws FormatException if they cannot be read
     */
    static Dataset open(Path from, Split split, boolean grey) {
        if (isNamed(from)) {
            return named(from, split, grey);
        }
        if (!Files.isDirectory(from)) {
            return arrays(from, grey);
        }
        if (MnistIdx.isThere(from, split)) {
            return MnistIdx.open(from, split);
        }
        if (!grey && CifarBinary.isThere(from, split)) {
            return CifarBinary.open(from, split);
        }
        Picture first = PictureFile.read(firstPicture(from));
        if (first.height() != first.width()) {
            throw new FormatException(
                    from,
                    "pictures of " + first.width() + "x" + first.height() + " pixels",
                    "square ones");
        }
        return ImageFolder.open(
                from,
                new ImageFolderConfig(
                        first.width(),
                        grey ? 1 : first.channels(),
                        LabelRule.AUTO,
                        ResizeRule.OPENAI,
                        false));
    }

    private static Path firstPicture(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .sorted()
                    .filter(PictureFile::recognises)
                    .findFirst()
                    .orElseThrow(() ->
                            new FormatException(folder, "no picture", "at least one picture"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }

    private static Dataset named(Path name, Split split, boolean grey) {
        return greyWhere(
                grey,
                name,
                DataSource.open(name.toString(), DataConfig.defaults().withSplit(split)));
    }

    private static Dataset greyWhere(boolean grey, Path from, Dataset images) {
        if (grey && images.channels() != 1) {
            images.close();
            throw new FormatException(
                    from, "pictures of " + images.channels() + " channels", "grey pictures");
        }
        return images;
    }

    private static Dataset arrays(Path path, boolean grey) {
        return greyWhere(grey, path, NpzImages.open(path));
    }
}
