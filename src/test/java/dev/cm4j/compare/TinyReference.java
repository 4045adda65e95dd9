package dev.cm4j.compare;

import dev.cm4j.image.Picture;
import dev.cm4j.image.SampleArchive;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;

/** A reference set small enough for any test. */
public final class TinyReference {

    private static final int COUNT = 80;

    private TinyReference() {}

    /**
     * Writes grey 28×28 pictures of noise.
     *
     * @param file an {@code .npz} file
     * @return the file
     */
    public static Path write(Path file) {
        var draws = new Random(5);
        var pictures =
                Stream.generate(
                                () -> {
                                    byte[] pixels = new byte[28 * 28];
                                    draws.nextBytes(pixels);
                                    return new Picture(1, 28, 28, pixels);
                                })
                        .limit(COUNT)
                        .iterator();
        SampleArchive.write(file, COUNT, pictures);
        return file;
    }
}
