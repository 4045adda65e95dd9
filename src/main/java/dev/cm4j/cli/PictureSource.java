package dev.cm4j.cli;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.ImageFolder;
import dev.cm4j.data.ImageFolderConfig;
import dev.cm4j.data.LabelRule;
import dev.cm4j.data.MnistIdx;
import dev.cm4j.data.ResizeRule;
import dev.cm4j.data.Split;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Opens grey pictures to be scored, in whatever form they lie there. */
final class PictureSource {

    private static final String IMAGES = "arr_0";
    private static final String LABELS = "arr_1";
    private static final int IMAGE_RANK = 4;

    private PictureSource() {}

    /**
     * Opens pictures.
     *
     * @param from an {@code .npz} file, a folder of MNIST files (its test half), or one of pictures
     * @return the pictures, the caller's to close
     * @throws FormatException if they cannot be read
     */
    static Dataset open(Path from) {
        if (!Files.isDirectory(from)) {
            return arrays(from);
        }
        if (MnistIdx.isThere(from, Split.TEST)) {
            return MnistIdx.open(from, Split.TEST);
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
                new ImageFolderConfig(first.width(), 1, LabelRule.AUTO, ResizeRule.OPENAI, false));
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

    private static Dataset arrays(Path path) {
        NpzFile file = NpzFile.open(path);
        try {
            Map<String, TensorEntry> entries = file.entries();
            TensorEntry images = entries.get(IMAGES);
            boolean grey =
                    images != null
                            && images.dtype() == DType.U8
                            && images.shape().length == IMAGE_RANK
                            && images.shape()[3] == 1;
            if (!grey) {
                throw new FormatException(
                        path,
                        images == null ? "no array " + IMAGES : images.toString(),
                        "grey pictures " + IMAGES + " U8[N, H, W, 1]");
            }
            Optional<TensorEntry> labels =
                    Optional.ofNullable(entries.get(LABELS))
                            .filter(array -> array.dtype() == DType.I64)
                            .filter(array -> array.elementCount() == images.shape()[0]);
            return new ArrayPictures(file, images, labels);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }
}
