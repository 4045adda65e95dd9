package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What no other beats. */
class ParetoFrontTest {

    private static List<Integer> places(double[]... points) {
        List<ParetoFront.Point> all =
                java.util.stream.IntStream.range(0, points.length)
                        .mapToObj(i -> new ParetoFront.Point(i, points[i][0], points[i][1]))
                        .toList();
        return ParetoFront.of(all).stream().map(ParetoFront.Point::place).toList();
    }

    private static double[] at(double cost, double value) {
        return new double[] {cost, value};
    }

    @Test
    void aPointStaysUnlessAnotherCostsNoMoreAndIsNoWorse() {
        assertEquals(List.of(2, 0, 4), places(at(2, 5), at(3, 6), at(1, 9), at(2, 7), at(8, 1)));
    }

    @Test
    void equalPointsAreOne() {
        assertEquals(List.of(0), places(at(1, 1), at(1, 1), at(2, 1)));
    }

    @Test
    void whatIsNotKnownIsOnNoFront() {
        assertEquals(
                List.of(1),
                places(at(Double.NaN, 0), at(4, 4), at(1, Double.NaN), at(5, Double.NaN)));
        assertEquals(List.of(), places());
    }
}
