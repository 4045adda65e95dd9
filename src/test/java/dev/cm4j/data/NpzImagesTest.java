package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Samples in NumPy files, with classes of any whole type. */
class NpzImagesTest {

    @TempDir Path folder;

    private Path write(DType images, DType labels) {
        Map<String, TensorEntry> arrays = new LinkedHashMap<>();
        arrays.put("arr_0", entry("arr_0", images, new byte[2 * 12 * images.bytes()], 2, 2, 2, 3));
        byte[] classes = new byte[2 * labels.bytes()];
        classes[labels.bytes()] = 4; // little-endian
        arrays.put("arr_1", entry("arr_1", labels, classes, 2));
        Path file = folder.resolve("samples.npz");
        NpzFile.write(file, arrays);
        return file;
    }

    private static TensorEntry entry(String name, DType dtype, byte[] bytes, long... shape) {
        return new TensorEntry(name, dtype, shape, MemorySegment.ofArray(bytes));
    }

    @ParameterizedTest
    @EnumSource(names = {"I64", "I32", "I16", "I8", "U8"})
    void wholeNumbersOfAnyTypeAreClasses(DType labels) {
        try (var data = NpzImages.open(write(DType.U8, labels))) {
            assertEquals(5, data.classes());
            assertEquals(0, data.label(0));
            assertEquals(4, data.label(1));
        }
    }

    @Test
    void otherNumbersAreRefusedInASentence() {
        var labels =
                assertThrows(
                        FormatException.class, () -> NpzImages.open(write(DType.U8, DType.F32)));
        assertTrue(
                labels.getMessage().contains("arr_1 F32[2]; expected labels of whole numbers"),
                labels.getMessage());
        var images =
                assertThrows(
                        FormatException.class, () -> NpzImages.open(write(DType.I16, DType.I64)));
        assertTrue(
                images.getMessage().contains("expected images [N, H, W, C] U8"),
                images.getMessage());
    }
}
