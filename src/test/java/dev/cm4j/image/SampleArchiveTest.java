package dev.cm4j.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.checkpoint.NpzFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Samples as arrays with channels last. */
class SampleArchiveTest {

    @TempDir Path folder;

    @Test
    void channelsComeLast() {
        Path file = folder.resolve("samples.npz");
        Picture picture = new Picture(3, 1, 2, new byte[] {1, 2, 3, 4, 5, 6});
        SampleArchive.write(file, 2, List.of(picture, picture).iterator(), 7, 9);
        try (var read = NpzFile.open(file)) {
            assertArrayEquals(new long[] {2, 1, 2, 3}, read.entry("arr_0").shape());
            assertArrayEquals(
                    new byte[] {1, 3, 5, 2, 4, 6, 1, 3, 5, 2, 4, 6},
                    read.entry("arr_0").data().toArray(ValueLayout.JAVA_BYTE));
            assertEquals(9, read.entry("arr_1").data().get(ValueLayout.JAVA_LONG_UNALIGNED, 8));
        }
    }

    @Test
    void numbersMustFit() {
        Path file = folder.resolve("x.npz");
        var one = List.of(new Picture(1, 1, 1, new byte[1]));
        assertThrows(
                IllegalArgumentException.class, () -> SampleArchive.write(file, 2, one.iterator()));
        assertThrows(
                IllegalArgumentException.class,
                () -> SampleArchive.write(file, 1, one.iterator(), 1, 2));
    }
}
