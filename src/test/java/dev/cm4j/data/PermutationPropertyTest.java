package dev.cm4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.BitSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

/** A permutation is one: every index once, for every seed, epoch and size. */
class PermutationPropertyTest {

    @Property(tries = 200)
    void everyIndexOnce(
            @ForAll long seed,
            @ForAll @LongRange(min = 0) long epoch,
            @ForAll @IntRange(min = 1, max = 3000) int size) {
        var order = new Permutation(seed, epoch, size);
        BitSet seen = new BitSet();
        for (int i = 0; i < size; i++) {
            seen.set(order.at(i));
        }
        assertEquals(size, seen.cardinality());
        assertEquals(size, seen.length());
    }

    @Example
    void placesAreEvenlySpread() {
        int size = 20;
        int epochs = 20_000;
        int[][] counts = new int[size][size];
        for (int epoch = 0; epoch < epochs; epoch++) {
            var order = new Permutation(3, epoch, size);
            for (int i = 0; i < size; i++) {
                counts[i][order.at(i)]++;
            }
        }
        double expected = (double) epochs / size;
        double chiSquared = 0;
        for (int[] row : counts) {
            for (int count : row) {
                chiSquared += (count - expected) * (count - expected) / expected;
            }
        }
        // 19² degrees of freedom: mean 361, spread 27.
        assertTrue(chiSquared < 361 + 5 * 27, "chi squared " + chiSquared);
    }
}
