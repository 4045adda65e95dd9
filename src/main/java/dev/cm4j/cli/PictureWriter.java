package dev.cm4j.cli;

import dev.cm4j.Pictures;
import dev.cm4j.checkpoint.NpzFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.image.Grid;
import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
            writeArrays(pictures, out);
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
                            ? "%d_%06d.png".formatted(pictures.labels()[i], i)
                            : "%06d.png".formatted(i);
            Png.write(folder.resolve(name), pictures.list().get(i), remarks);
        }
    }

    /** arr_0 [N, H, W, C] u8 and, with classes, arr_1 [N] i64. */
    private static void writeArrays(Pictures pictures, Path file) {
        Picture first = pictures.list().getFirst();
        int channels = first.channels();
        int plane = first.height() * first.width();
        byte[] pixels = new byte[Math.multiplyExact(pictures.count(), channels * plane)];
        for (int n = 0; n < pictures.count(); n++) {
            byte[] source = pictures.list().get(n).bytes();
            for (int at = 0; at < plane; at++) {
                for (int c = 0; c < channels; c++) {
                    pixels[(n * plane + at) * channels + c] = source[c * plane + at];
                }
            }
        }
        Map<String, TensorEntry> arrays = new LinkedHashMap<>();
        long[] shape = {pictures.count(), first.height(), first.width(), channels};
        put(arrays, "arr_0", DType.U8, pixels, shape);
        if (pictures.labels().length > 0) {
            ByteBuffer labels =
                    ByteBuffer.allocate(pictures.count() * Long.BYTES)
                            .order(ByteOrder.LITTLE_ENDIAN);
            labels.asLongBuffer().put(pictures.labels());
            put(arrays, "arr_1", DType.I64, labels.array(), pictures.count());
        }
        NpzFile.write(file, arrays);
    }

    private static void put(
            Map<String, TensorEntry> arrays, String name, DType dtype, byte[] data, long... shape) {
        arrays.put(name, new TensorEntry(name, dtype, shape, MemorySegment.ofArray(data)));
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(option + " must be at least 1, not " + value);
        }
    }
}
