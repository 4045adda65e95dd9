package dev.cm4j.data;

import java.util.Objects;

/**
 * A shuffled order that is a function, not a list: position → index, for one seed and epoch.
 *
 * <p>Eight rounds of a Feistel network over the smallest even number of bits, with SplitMix64 as
 * the round function; a result outside the range goes through the network again. Source: Luby and
 * Rackoff 1988; cycle walking from Black and Rogaway 2002.
 */
final class Permutation {

    /** Name of this algorithm, for checkpoints: the order of a resumed run must not change. */
    static final String ALGORITHM = "feistel8-splitmix64";

    private static final int ROUNDS = 8;

    private final int size;
    private final int halfBits;
    private final long[] keys = new long[ROUNDS];

    /** An order of the numbers 0 to size − 1. */
    Permutation(long seed, long epoch, int size) {
        this.size = size;
        int bits = Math.max(2, Integer.SIZE - Integer.numberOfLeadingZeros(size - 1));
        this.halfBits = (bits + 1) / 2;
        for (int r = 0; r < ROUNDS; r++) {
            keys[r] = SplitMix.hash(seed, epoch, r);
        }
    }

    int at(int position) {
        Objects.checkIndex(position, size);
        long value = position;
        do {
            value = encrypt(value);
        } while (value >= size);
        return (int) value;
    }

    private long encrypt(long value) {
        long mask = (1L << halfBits) - 1;
        long left = value >>> halfBits;
        long right = value & mask;
        for (long key : keys) {
            long next = left ^ (SplitMix.mix(right + key) & mask);
            left = right;
            right = next;
        }
        return left << halfBits | right;
    }
}
