package dev.cm4j.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.testing.NoLeaks;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Streams equal to PyTorch's, and noise that knows nothing of its neighbours. */
@ExtendWith(NoLeaks.class)
class RandomNativeTest {
    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    @Test
    void the_numbers_are_pytorchs() {
        try (Rng rng = Rng.seeded(42)) {
            assertArrayEquals(
                    new float[] {.336690366f, .128809407f, .234462366f, .23033303f},
                    rng.normal(4).toFloats(),
                    1e-7f);
            rng.seed(42);
            float[] sixteen = Arrays.copyOf(rng.normal(16).toFloats(), 4);
            assertArrayEquals(
                    new float[] {1.92691529f, 1.48728406f, .900717199f, -2.10552096f},
                    sixteen,
                    1e-6f);
        }
    }

    @Test
    void a_state_is_where_a_stream_goes_on() {
        try (Rng rng = Rng.seeded(7);
                Rng other = Rng.seeded(8)) {
            rng.normal(5);
            rng.uniform(3);
            byte[] state = rng.state();
            assertEquals(5056, state.length);
            float[] next = rng.normal(40).toFloats();
            other.restore(state);
            assertArrayEquals(next, other.normal(40).toFloats());
            assertArrayEquals(rng.state(), other.state());
            assertThrows(IllegalArgumentException.class, () -> rng.restore(new byte[3]));
        }
    }

    @Test
    void laws() {
        try (Rng rng = Rng.seeded(-3)) {
            double[] uniform = rng.uniform(10_000).toDoubles();
            assertTrue(Arrays.stream(uniform).allMatch(u -> u >= 0 && u < 1));
            assertEquals(.5, Arrays.stream(uniform).average().orElseThrow(), .02);
            long[] integers = rng.integers(-2, 3, 1000).toLongs();
            assertArrayEquals(
                    new long[] {-2, -1, 0, 1, 2},
                    Arrays.stream(integers).distinct().sorted().toArray());
            long[] order = rng.permutation(50).toLongs();
            assertFalse(Arrays.equals(order, LongStream.range(0, 50).toArray()));
            assertArrayEquals(
                    LongStream.range(0, 50).toArray(), Arrays.stream(order).sorted().toArray());
        }
    }

    @Test
    void a_closed_stream_is_refused() {
        Rng rng = Rng.seeded(1);
        rng.close();
        rng.close();
        assertThrows(IllegalStateException.class, () -> rng.normal(1));
        assertThrows(IllegalStateException.class, rng::state);
    }

    @Test
    void noise_of_an_image_does_not_depend_on_its_batch() {
        Tensor batch = Noise.normal(11, new long[] {5, 9, 2}, 3, 1, 7, 5);
        assertArrayEquals(new long[] {3, 1, 7, 5}, batch.shape());
        for (int row = 0; row < 3; row++) {
            long image = new long[] {5, 9, 2}[row];
            Tensor alone = Noise.normal(11, new long[] {image}, 3, 1, 7, 5);
            assertArrayEquals(alone.toFloats(), batch.narrow(0, row, 1).toFloats());
        }
        Tensor uniform = Noise.uniform(11, new long[] {9, 5}, 3, 4);
        assertArrayEquals(
                Noise.uniform(11, new long[] {5}, 3, 4).toFloats(),
                uniform.select(0, 1).toFloats());
    }

    @Test
    void noise_does_not_depend_on_the_number_of_threads() {
        int before = Threads.get();
        try {
            Threads.set(1);
            float[] one = Noise.normal(1, new long[] {1, 2, 3, 4}, 0, 3, 32, 32).toFloats();
            Threads.set(3);
            assertArrayEquals(
                    one, Noise.normal(1, new long[] {1, 2, 3, 4}, 0, 3, 32, 32).toFloats());
        } finally {
            Threads.set(before);
        }
    }

    @Test
    void seed_image_and_draw_all_count() {
        float[] base = Noise.normal(1, new long[] {1}, 1, 8).toFloats();
        assertFalse(Arrays.equals(base, Noise.normal(2, new long[] {1}, 1, 8).toFloats()));
        assertFalse(Arrays.equals(base, Noise.normal(1, new long[] {2}, 1, 8).toFloats()));
        assertFalse(Arrays.equals(base, Noise.normal(1, new long[] {1}, 2, 8).toFloats()));
        assertFalse(
                Arrays.equals(base, Noise.normal(1L << 40 | 1, new long[] {1}, 1, 8).toFloats()));
        assertFalse(
                Arrays.equals(base, Noise.normal(1, new long[] {1L << 40 | 1}, 1, 8).toFloats()));
    }

    @Test
    void a_shorter_row_is_the_beginning_of_a_longer_one() {
        float[] all = Noise.normal(4, new long[] {6}, 0, 37).toFloats();
        assertArrayEquals(
                Arrays.copyOf(all, 13), Noise.normal(4, new long[] {6}, 0, 13).toFloats());
    }

    @Test
    void moments_of_the_noise() {
        int n = 200_000;
        double[] z = Noise.normal(20, new long[] {0, 1}, 0, n / 2).toDoubles();
        double[] moments = new double[5];
        for (double value : z) {
            for (int k = 1; k <= 4; k++) {
                moments[k] += Math.pow(value, k) / n;
            }
        }
        double error = 5 / Math.sqrt(n); // five standard deviations of a mean of unit variance
        assertEquals(0, moments[1], error);
        assertEquals(1, moments[2], error * Math.sqrt(2));
        assertEquals(0, moments[3], error * Math.sqrt(15));
        assertEquals(3, moments[4], error * Math.sqrt(96));
        double[] u = Noise.uniform(20, new long[] {0, 1}, 0, n / 2).toDoubles();
        assertTrue(
                Arrays.stream(u)
                        .allMatch(
                                v -> v >= 0 && v < 1 && v * (1 << 24) == Math.rint(v * (1 << 24))));
        assertEquals(.5, Arrays.stream(u).average().orElseThrow(), error * Math.sqrt(1 / 12.0));
    }
}
