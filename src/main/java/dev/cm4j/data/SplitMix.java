package dev.cm4j.data;

/** Counter-based random numbers: SplitMix64 (Steele, Lea and Flood 2014) over a few integers. */
final class SplitMix {

    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    /** A stream of its own for each key. */
    SplitMix(long key) {
        state = key;
    }

    /** 64 bits that depend on three numbers alone. */
    @SuppressWarnings("ConstantOverflow") // arithmetic modulo 2^64 is meant
    static long hash(long a, long b, long c) {
        return mix(mix(mix(a + GOLDEN) ^ (b + 2 * GOLDEN)) ^ (c + 3 * GOLDEN));
    }

    static long mix(long value) {
        long z = value + GOLDEN;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** The next number, uniform in [0, 1). */
    double uniform() {
        long bits = mix(state);
        state += GOLDEN;
        return (bits >>> 11) * 0x1p-53;
    }

    /** The next number, uniform in [low, high). */
    double uniform(double low, double high) {
        return low + (high - low) * uniform();
    }

    /** The next number, of mean 0 and spread 1, never beyond ±√12: the sum of four uniform ones. */
    double bell() {
        return (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3);
    }

    /** The next integer, uniform in [0, bound). */
    int below(int bound) {
        return (int) (uniform() * bound);
    }
}
