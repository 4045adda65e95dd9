package dev.cm4j.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden levels of the ρ-grid, computed in double precision by an independent program. */
class KarrasGridTest {

    @ParameterizedTest
    @CsvSource({
        "40, 1, 69.45095",
        "40, 10, 16.77989",
        "40, 17, 4.365562",
        "40, 18, 3.519699",
        "40, 22, 1.382368",
        "40, 30, .1311974",
        "40, 38, .003676589",
        "201, 100, 2.515219",
        "201, 106, 1.912844",
        "201, 150, .1697528",
        "151, 62, 5.248503",
        "151, 67, 3.991219",
        "18, 11, .5853481"
    })
    void goldenLevels(int points, int index, double expected) {
        var sigma = NoiseRange.STANDARD.grid(points).sigma(index);
        assertEquals(expected, sigma, 3e-7 * expected);
    }

    @Test
    void endsAreExact() {
        var grid = new KarrasGrid(40, 0.002, 80, 7);
        assertEquals(80, grid.sigma(0));
        assertEquals(0.002, grid.sigma(39));
        assertEquals(0, grid.sigmasWithZero()[40]);
        assertArrayEquals(new double[] {80}, new KarrasGrid(1, 0.002, 80, 7).sigmas());
    }

    @Test
    void refusesWhatIsNoGrid() {
        assertThrows(IllegalArgumentException.class, () -> new KarrasGrid(0, 0.002, 80, 7));
        assertThrows(IllegalArgumentException.class, () -> new KarrasGrid(4, 0, 80, 7));
        assertThrows(IllegalArgumentException.class, () -> new KarrasGrid(4, 2, 1, 7));
        assertThrows(IllegalArgumentException.class, () -> new KarrasGrid(4, 1, 2, 0));
        assertThrows(IndexOutOfBoundsException.class, () -> new KarrasGrid(4, 1, 2, 7).sigma(4));
    }

    @Test
    void trigFlowAngles() {
        var flow = new TrigFlow(0.5);
        assertEquals(.00399997866687, flow.angle(.002), 1e-13);
        assertEquals(1.02377567352, flow.angle(.821), 1e-10);
        assertEquals(1.56454640817, flow.angle(80), 1e-10);
        assertEquals(.982379829, flow.sigma(1.1), 1e-8);
    }
}
