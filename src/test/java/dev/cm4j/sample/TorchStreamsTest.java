package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import org.junit.jupiter.api.Test;

/** The streams of the original sampling script. */
class TorchStreamsTest {

    @Test
    void eachSampleHasItsStream() {
        try (var _ = Scope.open();
                var streams = TorchStreams.perSample(6, 42);
                var second = Rng.seeded(1 + 6 * 42)) {
            var batch = streams.normal(0, 2, 3, 4, 4);
            var own = second.normal(1, 3, 4, 4);
            assertArrayEquals(own.toFloats(), batch.narrow(0, 1, 1).toFloats());
            streams.normal(1, 2, 3, 4, 4);
            second.normal(1, 3, 4, 4);
            streams.done(1);
            var labels = streams.integers(0, 1000, 2).toLongs();
            assertArrayEquals(second.integers(0, 1000, 1).toLongs(), new long[] {labels[0]});
        }
    }

    @Test
    void oneStreamForAll() {
        try (var _ = Scope.open();
                var streams = TorchStreams.shared(6, 42);
                var stream = Rng.seeded(42)) {
            var all = stream.normal(6, 3, 4, 4);
            assertArrayEquals(
                    all.narrow(0, 0, 2).toFloats(), streams.normal(0, 2, 3, 4, 4).toFloats());
            streams.done(2);
            assertArrayEquals(
                    all.narrow(0, 2, 2).toFloats(), streams.normal(0, 2, 3, 4, 4).toFloats());
            streams.done(5);
            assertThrows(IllegalArgumentException.class, () -> streams.normal(0, 2, 3, 4, 4));
            assertThrows(IllegalArgumentException.class, () -> streams.done(7));
        }
    }

    @Test
    void recordingsAreReplayedInOrder() {
        try (var _ = Scope.open();
                var stream = Rng.seeded(1)) {
            var draws = stream.normal(2, 1, 1, 4, 4);
            var replay = new ReplayNoise(draws);
            assertArrayEquals(
                    draws.select(0, 1).toFloats(), replay.normal(1, 1, 1, 4, 4).toFloats());
            assertThrows(IllegalArgumentException.class, () -> replay.normal(2, 1, 1, 4, 4));
            assertThrows(IllegalArgumentException.class, () -> replay.normal(0, 2, 1, 4, 4));
        }
    }
}
