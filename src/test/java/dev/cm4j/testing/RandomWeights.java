package dev.cm4j.testing;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Tensors of given names and shapes with numbers from a seed. */
public final class RandomWeights {

    private RandomWeights() {}

    /**
     * Makes float32 tensors.
     *
     * @param shapes name to shape
     * @param seed of the numbers
     */
    public static Map<String, TensorEntry> of(Map<String, long[]> shapes, long seed) {
        Random random = new Random(seed);
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        shapes.forEach((name, shape) -> entries.put(name, entry(name, random, shape)));
        return entries;
    }

    private static TensorEntry entry(String name, Random random, long... shape) {
        int count = 1;
        for (long size : shape) {
            count *= (int) size;
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        byte[] bytes = new byte[4 * count];
        MemorySegment data = MemorySegment.ofArray(bytes);
        data.copyFrom(MemorySegment.ofArray(values));
        return new TensorEntry(name, DType.F32, shape, data);
    }
}
