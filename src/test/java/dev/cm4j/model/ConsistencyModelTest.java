package dev.cm4j.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The scalings around a network. */
class ConsistencyModelTest {

    @Test
    void identityAtTheSmallestLevel() {
        try (var net = GoldenNetwork.create(1, 0);
                var _ = Scope.open()) {
            var model =
                    new ConsistencyModel(net, new BoundaryScalings(0.5, 0.002), TimeInput.OPENAI);
            var x = GoldenNetwork.images();
            var y = model.denoise(x, new double[] {.002, .002}, labels());
            assertArrayEquals(x.toFloats(), y.toFloats());
        }
    }

    @Test
    void joinsSkipAndNetwork() {
        try (var net = GoldenNetwork.create(1, 0);
                var _ = Scope.open()) {
            var scalings = new EdmScalings(0.5);
            var model = new ConsistencyModel(net, scalings, TimeInput.OPENAI);
            var x = GoldenNetwork.images();
            double[] sigma = {80, .5};
            var y = model.denoise(x, sigma, labels()).toDoubles();
            var in = PerSample.column(new double[] {scalings.cIn(80), scalings.cIn(.5)}, x);
            var time =
                    Tensor.of(
                            new float[] {
                                (float) (250 * Math.log(80)), (float) (250 * Math.log(.5))
                            });
            var raw = net.forward(x.times(in), time, labels()).toDoubles();
            var clean = x.toDoubles();
            for (int j = 0; j < y.length; j++) {
                var s = sigma[j / 256];
                var expected = scalings.cSkip(s) * clean[j] + scalings.cOut(s) * raw[j];
                assertEquals(expected, y[j], 1e-6);
            }
        }
    }

    @Test
    void anEmptyNetworkLeavesTheSkip() {
        try (var net = GoldenNetwork.create(0, 0);
                var _ = Scope.open()) {
            var model =
                    new ConsistencyModel(net, new BoundaryScalings(0.5, 0.002), TimeInput.OPENAI);
            var y = model.denoise(GoldenNetwork.images(), new double[] {1, .1}, labels());
            assertEquals(.200641410461 * .5 * Math.cos(.2), y.toDoubles()[0], 1e-7);
            assertEquals(.963005192524 * .5 * Math.cos(.37 * 256 + .2), y.toDoubles()[256], 1e-7);
        }
    }

    @Test
    void refusesAWrongNumberOfLevels() {
        try (var net = GoldenNetwork.create(0, 0);
                var _ = Scope.open()) {
            var model = new ConsistencyModel(net, new EdmScalings(0.5), TimeInput.OPENAI);
            var x = GoldenNetwork.images();
            assertThrows(
                    IllegalArgumentException.class,
                    () -> model.denoise(x, new double[3], labels()));
        }
    }

    @Test
    void numbersBecomeColumns() {
        try (var _ = Scope.open()) {
            double[] values = {1, 2};
            assertArrayEquals(
                    new long[] {2, 1, 1, 1},
                    PerSample.column(values, GoldenNetwork.images()).shape());
            assertArrayEquals(new long[] {2}, PerSample.vector(values, Device.CPU).shape());
        }
    }

    private static Optional<Tensor> labels() {
        return Optional.of(GoldenNetwork.labels());
    }
}
