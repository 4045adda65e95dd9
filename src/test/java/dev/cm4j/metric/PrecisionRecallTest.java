package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PrecisionRecallTest {

    @Test
    void goldenValue() {
        var result =
                PrecisionRecall.of(
                        new float[] {0, 1, 2, 6, 7}, new float[] {.5f, 1.8f, 10, 11}, 1, 1);
        assertEquals(.5, result.precision());
        assertEquals(.6, result.recall(), 1e-15);
    }

    @Test
    void aSetCoversItself() {
        float[] set = {0, 3, 1, 4, 1, 5, 9, 2, 6, 5};
        assertEquals(new PrecisionRecall(1, 1), PrecisionRecall.of(set, set, 2, 3));
    }

    @Test
    void refusesTooFewVectors() {
        float[] three = new float[3];
        assertThrows(IllegalArgumentException.class, () -> PrecisionRecall.of(three, three, 1, 3));
        assertThrows(IllegalArgumentException.class, () -> PrecisionRecall.of(three, three, 2, 1));
    }

    @Test
    void inceptionScoreGoldenValue() {
        float[] rows = {.7f, .2f, .1f, .1f, .8f, .1f, .2f, .2f, .6f};
        assertEquals(1.333955109, InceptionScore.of(rows, 3, 5000), 1e-7);
    }

    @Test
    void inceptionScoreLimits() {
        assertEquals(1, InceptionScore.of(new float[] {.5f, .5f, .5f, .5f}, 2, 10), 1e-12);
        assertEquals(2, InceptionScore.of(new float[] {1, 0, 0, 1}, 2, 10), 1e-12);
        assertEquals(1, InceptionScore.of(new float[] {1, 0, 0, 1}, 2, 1), 1e-12);
        assertThrows(IllegalArgumentException.class, () -> InceptionScore.of(new float[0], 2, 1));
    }
}
