package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import org.junit.jupiter.api.Test;

class SlerpTest {

    @Test
    void follows_the_circle_of_each_row() {
        try (var _ = Scope.open()) {
            var a = Tensor.of(new float[] {1, 0, 1, 0, 0, 2}, 3, 2);
            var b = Tensor.of(new float[] {.6f, .8f, 3, 0, 2, 0}, 3, 2);
            float root = (float) Math.sqrt(2);
            assertArrayEquals( // the second row is parallel: a straight line
                    new float[] {.973248989f, .229752921f, 2, 0, root, root},
                    Slerp.between(a, b, .25, .5, .5).toFloats(),
                    1e-6f);
            assertThrows(IllegalArgumentException.class, () -> Slerp.between(a, b, .5));
        }
    }

    @Test
    void noiseKeepsItsEnds() {
        var from = new PerImageNoise(1, 0, 0);
        var to = new PerImageNoise(2, 0, 0);
        try (var _ = Scope.open()) {
            var ends = new InterpolatedNoise(from, to, 0, 1).normal(0, 2, 1, 4, 4);
            var a = from.normal(0, 2, 1, 4, 4).narrow(0, 0, 1);
            var b = to.normal(0, 2, 1, 4, 4).narrow(0, 1, 1);
            assertArrayEquals(Tensor.cat(0, a, b).toFloats(), ends.toFloats(), 1e-6f);
            var middle = new InterpolatedNoise(from, to, .5, .5).normal(3, 2, 1, 64, 64);
            assertEquals(1, middle.square().mean().item(), .05);
        }
    }
}
