package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ConfidenceIntervalTest {

    @Test
    void threeScores() {
        var interval = ConfidenceInterval.of(3, 4, 5);
        assertEquals(4, interval.mean(), 1e-12);
        assertEquals(4.3027 / Math.sqrt(3), interval.halfWidth(), 1e-4);
        assertEquals("4.00 ± 2.48", interval.text("%.2f"));
    }

    @Test
    void oneScoreHasNoInterval() {
        var interval = ConfidenceInterval.of(2.5);
        assertTrue(Double.isNaN(interval.halfWidth()));
        assertEquals("2.5", interval.text("%.1f"));
    }

    @Test
    void manyScoresComeCloseToTheNormalDistribution() {
        double[] scores = new double[61];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = i % 2 == 0 ? 1 : -1;
        }
        double deviation = Math.sqrt((61 - 1.0 / 61) / 60 / 61);
        assertEquals(2.0003 * deviation, ConfidenceInterval.of(scores).halfWidth(), 2e-3);
    }

    @Test
    void noScores() {
        assertThrows(IllegalArgumentException.class, ConfidenceInterval::of);
    }
}
