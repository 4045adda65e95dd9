package dev.cm4j.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.schedule.PostHocAverage.Profile;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Sums of stored averages beside the average they approach. */
class PostHocAverageTest {

    private static final EmaRate.Power NARROW = EmaRate.Power.ofWidth(0.05);
    private static final EmaRate.Power WIDE = EmaRate.Power.ofWidth(0.1);

    /** ⟨p_a, p_b⟩ by the midpoint rule. */
    @ParameterizedTest
    @CsvSource({"1, 2, 3, 4", "4, 2, 3, 4", "1, 1, 16.97, 6.94", "8, 8, 5, 5"})
    void inner_products_are_integrals(double t, double u, double gamma, double delta) {
        int pieces = 200_000;
        double end = Math.min(t, u);
        double sum = 0;
        for (int i = 0; i < pieces; i++) {
            double tau = (i + .5) * end / pieces;
            sum += profile(tau, t, gamma) * profile(tau, u, delta) * end / pieces;
        }
        var a = new Profile(t, new EmaRate.Power(gamma));
        var b = new Profile(u, new EmaRate.Power(delta));
        assertEquals(sum, PostHocAverage.product(a, b), 1e-6 * sum);
        assertEquals(PostHocAverage.product(b, a), PostHocAverage.product(a, b));
    }

    private static double profile(double tau, double t, double gamma) {
        return (gamma + 1) * Math.pow(tau / t, gamma) / t;
    }

    @Test
    void what_is_stored_is_found_again() {
        List<Profile> stored = stored(8, 1000);
        double[] factors = PostHocAverage.factors(stored, new Profile(5000, WIDE));
        double[] expected = new double[stored.size()];
        expected[stored.indexOf(new Profile(5000, WIDE))] = 1;
        assertArrayEquals(expected, factors, 1e-7);
    }

    /**
     * Weights that move by a known law, averaged step by step with the rates of training: θ_k =
     * sin(k / 700) + k / 4000. The sum of what the two stored averages were is what the wanted one
     * is.
     */
    @ParameterizedTest
    @CsvSource({"0.04, 8000", "0.07, 8000", "0.13, 8000", "0.2, 8000", "0.07, 6000", "0.1, 3000"})
    void sums_are_the_averages_that_were_not_kept(double width, int end) {
        EmaRate.Power wanted = EmaRate.Power.ofWidth(width);
        List<Profile> stored = stored(16, 500);
        double[] parts = new double[stored.size()];
        double narrow = 0;
        double wide = 0;
        double direct = 0;
        for (int k = 1; k <= 8000; k++) {
            double theta = Math.sin(k / 700.0) + k / 4000.0;
            narrow = step(NARROW, k, narrow, theta);
            wide = step(WIDE, k, wide, theta);
            if (k <= end) {
                direct = step(wanted, k, direct, theta);
            }
            for (int i = 0; i < parts.length; i++) {
                Profile profile = stored.get(i);
                if (profile.time() == k) {
                    parts[i] = profile.rate().equals(NARROW) ? narrow : wide;
                }
            }
        }
        Profile profile = new Profile(end, wanted);
        double[] factors = PostHocAverage.factors(stored, profile);
        double sum = 0;
        for (int i = 0; i < parts.length; i++) {
            sum += factors[i] * parts[i];
        }
        assertEquals(direct, sum, 5e-3);
        double error = PostHocAverage.error(stored, factors, profile);
        assertTrue(error < 0.05, "profile " + error + " apart");
    }

    private static double step(EmaRate.Power rate, int k, double average, double theta) {
        double beta = rate.rate(k, 1);
        return beta * average + (1 - beta) * theta;
    }

    private static List<Profile> stored(int count, int apart) {
        List<Profile> all = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            all.add(new Profile((double) i * apart, NARROW));
            all.add(new Profile((double) i * apart, WIDE));
        }
        return all;
    }

    @Test
    void nothing_and_twice_the_same_are_refused() {
        Profile one = new Profile(10, WIDE);
        assertThrows(IllegalArgumentException.class, () -> PostHocAverage.factors(List.of(), one));
        assertThrows(
                IllegalArgumentException.class,
                () -> PostHocAverage.factors(List.of(one, one), one));
        assertThrows(IllegalArgumentException.class, () -> new Profile(0, WIDE));
    }
}
