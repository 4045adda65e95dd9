package dev.cm4j.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.NoLeaks;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(NoLeaks.class)
class TinyConsistencyTest {

    @Test
    void noiseBecomesPointsOnTheCircle() {
        try (TinyConsistency model = new TinyConsistency()) {
            double before = meanDistance(model);
            for (int step = 0; step < 1200; step++) {
                model.step(step, 5 << (4 * step / 1200));
            }
            double after = meanDistance(model);
            assertTrue(
                    after < 0.15 && after < before / 3,
                    "mean distance from the circle was " + before + " and is " + after);
        }
    }

    private static double meanDistance(TinyConsistency model) {
        try (Scope _ = Scope.open()) {
            return model.sample(1000, 0.5).square().sum(1).sqrt().minus(1).abs().mean().item();
        }
    }
}
