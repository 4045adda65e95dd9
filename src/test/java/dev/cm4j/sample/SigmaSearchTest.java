package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.NoiseRange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Searches of scores whose best levels are known. */
class SigmaSearchTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final KarrasGrid GRID = RANGE.grid(40);

    /** Squared distance in ln σ to wanted levels; lists that are shorter miss the last ones. */
    private static ToDoubleFunction<List<Double>> near(double... wanted) {
        return sigmas -> {
            double sum = 0;
            for (int i = 0; i < wanted.length; i++) {
                double at = i + 1 < sigmas.size() ? sigmas.get(i + 1) : RANGE.sigmaMin();
                sum += Math.pow(Math.log(at / wanted[i]), 2);
            }
            return sum;
        };
    }

    @Test
    void ternarySearchFindsEveryIndex() {
        for (int best = 1; best < 39; best++) {
            var search = new TernarySearch(2, GRID);
            var calls = new ArrayList<List<Double>>();
            var score = near(GRID.sigma(best));
            var found =
                    search.search(sigmas -> {
                        calls.add(sigmas);
                        return score.applyAsDouble(sigmas);
                    });
            assertEquals(List.of(80.0, GRID.sigma(best)), found.sigmas());
            assertEquals(List.of(0, best, 39), search.indices(found));
            assertEquals(calls.size(), new HashSet<>(calls).size(), "scored twice");
            assertEquals(calls.size(), found.evaluations());
            assertTrue(calls.size() < 20, calls.size() + " candidates");
        }
    }

    @Test
    void ternarySearchAddsPointsInAnyGap() {
        // Alone the best index is 20; the second point is better above it.
        ToDoubleFunction<List<Double>> score =
                sigmas ->
                        sigmas.size() == 2
                                ? Math.abs(sigmas.get(1) - GRID.sigma(20))
                                : Math.abs(sigmas.get(1) - GRID.sigma(9)) + sigmas.get(2) * 0;
        var search = new TernarySearch(3, GRID);
        assertEquals(List.of(0, 9, 20, 39), search.indices(search.search(score)));
    }

    @Test
    void goldenSectionFindsALevelBetweenGridPoints() {
        var found = new GoldenSearch(2, RANGE, 1e-4).search(near(.8213));
        assertEquals(.8213, found.sigmas().get(1), .002);
        assertTrue(found.evaluations() < 25, found.toString());
        var coarse = new GoldenSearch(2, RANGE, .1).search(near(.8213));
        assertTrue(coarse.evaluations() <= 7, coarse.toString());
    }

    @Test
    void coordinateDescentMovesAllLevels() {
        var found = CoordinateSearch.ofSteps(4, RANGE, 1e-4).search(near(9, 1.5, .3));
        assertEquals(80.0, found.sigmas().getFirst());
        assertEquals(9, found.sigmas().get(1), .05);
        assertEquals(1.5, found.sigmas().get(2), .01);
        assertEquals(.3, found.sigmas().get(3), .005);
    }

    @Test
    void coordinateDescentNeverEndsWorse() {
        var start = List.of(80.0, 3.0, .5);
        var search = new CoordinateSearch(start, RANGE, .01, 2);
        assertEquals(start, search.search(s -> s.equals(start) ? 0 : 1).sigmas());
        assertEquals(start, search.search(s -> s.equals(start) ? 5 : Double.NaN).sigmas());
    }

    @Test
    void refusesSearchesOfNothing() {
        assertThrows(IllegalArgumentException.class, () -> new TernarySearch(1, GRID));
        assertThrows(IllegalArgumentException.class, () -> new TernarySearch(40, GRID));
        assertThrows(IllegalArgumentException.class, () -> new GoldenSearch(2, RANGE, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> new CoordinateSearch(List.of(80.0), RANGE, .1, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new CoordinateSearch(List.of(80.0, 2.0, 3.0), RANGE, .1, 1));
    }
}
