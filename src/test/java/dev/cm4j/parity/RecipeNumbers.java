package dev.cm4j.parity;

import java.nio.charset.StandardCharsets;

/**
 * The numbers that stand for the weights of a reference network too large to be stored: a counter
 * through SplitMix64's finaliser, keyed by the FNV-1a hash of the tensor's name.
 */
final class RecipeNumbers {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long key;

    RecipeNumbers(String name, long seed) {
        long hash = 0xcbf29ce484222325L;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        key = hash + seed * GOLDEN;
    }

    /** Element i of the tensor, in [−1, 1). */
    double uniform(long i) {
        long z = key + (i + 1) * GOLDEN;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        z = z ^ (z >>> 31);
        return (z >>> 40) * 0x1p-23 - 1;
    }
}
