package dev.cm4j;

import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.testing.RandomWeights;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Weights of a narrow VGG16 and of LPIPS's layers over it. */
final class TinyLpips {

    private static final int[] CONVOLUTIONS = {2, 2, 3, 3, 3};
    private static final long WIDTH = 4;

    private TinyLpips() {}

    static void write(Path backbone, Path linear) {
        Map<String, long[]> eye = new LinkedHashMap<>();
        Map<String, long[]> lines = new LinkedHashMap<>();
        int index = 0;
        long from = 3;
        for (int block = 0; block < CONVOLUTIONS.length; block++) {
            for (int c = 0; c < CONVOLUTIONS[block]; c++) {
                eye.put("features." + index + ".weight", new long[] {WIDTH, from, 3, 3});
                eye.put("features." + index + ".bias", new long[] {WIDTH});
                from = WIDTH;
                index += 2; // each is followed by its rectifier
            }
            index++; // pooling
            lines.put("lin" + block + ".model.1.weight", new long[] {1, WIDTH, 1, 1});
        }
        write(backbone, RandomWeights.of(eye, 1));
        Map<String, TensorEntry> weights = new LinkedHashMap<>();
        RandomWeights.of(lines, 2).forEach((name, entry) -> weights.put(name, positive(entry)));
        write(linear, weights);
    }

    /** Distances count differences, none against another. */
    private static TensorEntry positive(TensorEntry entry) {
        byte[] bytes = entry.data().toArray(ValueLayout.JAVA_BYTE);
        for (int i = 3; i < bytes.length; i += Float.BYTES) {
            bytes[i] &= 0x7F; // the sign of a little-endian float
        }
        return new TensorEntry(
                entry.name(), entry.dtype(), entry.shape(), MemorySegment.ofArray(bytes));
    }

    private static void write(Path file, Map<String, TensorEntry> entries) {
        SafetensorsFile.write(file, entries, Map.of());
    }
}
