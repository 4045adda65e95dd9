package dev.cm4j.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The weight becomes the inverse of the losses. */
class WeightHeadTest {

    @Test
    void losses_of_all_levels_become_one() {
        var head = new WeightHead();
        var random = new Random(3);
        for (int step = 0; step < 4000; step++) {
            double[] sigma =
                    random.doubles(32).map(u -> Math.exp(6 * u - 4)).toArray(); // .02 to 7.4
            head.learn(sigma, weighted(head, sigma), .01);
        }
        for (double sigma : new double[] {.03, .2, 1, 5}) {
            assertEquals(1, head.weight(sigma) * loss(sigma), .15, "sigma " + sigma);
        }
    }

    @Test
    void begins_at_one_and_continues_from_its_state() {
        double[] sigma = {.1, 2};
        var head = new WeightHead();
        assertEquals(1, head.weight(.5));
        head.learn(sigma, weighted(head, sigma), .01);
        var other = new WeightHead();
        other.restore(head.state());
        head.learn(sigma, weighted(head, sigma), .01);
        other.learn(sigma, weighted(other, sigma), .01);
        assertArrayEquals(head.state(), other.state());
        assertThrows(IllegalArgumentException.class, () -> other.restore(new double[3]));
    }

    private static double[] weighted(WeightHead head, double... sigma) {
        return Arrays.stream(sigma).map(s -> head.weight(s) * loss(s)).toArray();
    }

    private static double loss(double sigma) {
        return .2 + sigma / (1 + sigma);
    }
}
