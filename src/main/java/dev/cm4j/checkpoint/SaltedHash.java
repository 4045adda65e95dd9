package dev.cm4j.checkpoint;

import java.security.SecureRandom;

/**
 * Hashes of numbers that nobody can foresee, so that no file can choose many of one hash.
 *
 * <p>Source: Steele, Lea &amp; Flood 2014, "Fast Splittable Pseudorandom Number Generators", the
 * mixing function of SplitMix64, of a salt drawn anew in each process.
 */
final class SaltedHash {

    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long BEFORE = RANDOM.nextLong();
    private static final long BETWEEN = RANDOM.nextLong();

    private SaltedHash() {}

    /** The hash of a number, the same as long as the process lives. */
    static int of(long number) {
        return (int) (mixed(mixed(number ^ BEFORE) ^ BETWEEN) >>> Integer.SIZE);
    }

    private static long mixed(long bits) {
        long once = (bits ^ (bits >>> 30)) * 0xBF58476D1CE4E5B9L;
        long twice = (once ^ (once >>> 27)) * 0x94D049BB133111EBL;
        return twice ^ (twice >>> 31);
    }
}
