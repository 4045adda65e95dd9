package dev.cm4j.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The continuous-time losses against differences along the trajectory and of the weights. */
class ContinuousTimeTest {

    private static final double[] LEVELS = {1.5, .3};
    private static final NoiseRange RANGE = NoiseRange.STANDARD;

    private Scope scope;
    private UNet net;
    private ConsistencyModel online;
    private Tensor x0;
    private Tensor z;
    private Optional<Tensor> labels;

    @BeforeEach
    void open() {
        scope = Scope.open();
        net = GoldenNetwork.create(1, 0);
        online = new ConsistencyModel(net, new BoundaryScalings(.5, .002), new TimeInput(4));
        x0 = GoldenNetwork.images();
        z = GoldenNetwork.noise();
        labels = Optional.of(GoldenNetwork.labels());
    }

    @AfterEach
    void close() {
        net.close();
        scope.close();
    }

    /** Without a teacher the trajectory is x₀ + t z, whatever t. */
    @Test
    void isTheChangeAlongTheTrajectory() {
        double h = 1e-3;
        var difference = at(-h).minus(at(h)).times(1 / (2 * h)).reshape(2, -1);
        check(ContinuousTime.Norm.L2, difference.square().sum(1).sqrt());
        check(ContinuousTime.Norm.L1, difference.abs().mean(1));
        check(ContinuousTime.Norm.LINF, difference.abs().max(1));
        check(
                ContinuousTime.Norm.STOP_GRADIENT,
                difference.times(at(0).reshape(2, -1)).sum(1).negate());
    }

    private Tensor at(double h) {
        double[] t = Arrays.stream(LEVELS).map(level -> level * (1 + h)).toArray();
        return online.denoise(ConsistencyPair.noisy(x0, t, z), t, labels, 0)
                .to(DType.F64)
                // one step h is t h of the noise level
                .dividedBy(Tensor.of(LEVELS, 2, 1, 1, 1));
    }

    private void check(ContinuousTime.Norm norm, Tensor expected) {
        double[] actual = loss(norm).perSample().toDoubles();
        double[] wanted = expected.toDoubles();
        // the stop-gradient loss multiplies by f itself, not by f / t
        double[] scale = norm == ContinuousTime.Norm.STOP_GRADIENT ? LEVELS : new double[] {1, 1};
        for (int n = 0; n < 2; n++) {
            assertEquals(wanted[n] * scale[n], actual[n], 5e-3 * Math.abs(actual[n]));
        }
    }

    @ParameterizedTest
    @EnumSource(ContinuousTime.Norm.class)
    void isDifferentiatedThroughTheChange(ContinuousTime.Norm norm) {
        var start = net.weights().copy();
        var along = Noise.normal(8, new long[] {0}, 0, start.elementCount()).squeeze(0);
        along = along.times(start);
        loss(norm).loss().backward();
        double exact = net.gradients().to(DType.F64).times(along.to(DType.F64)).sum().item();
        assertTrue(Math.abs(exact) > 1e-4, norm + ": " + exact);
        if (norm == ContinuousTime.Norm.STOP_GRADIENT) {
            return; // its value is not what its gradient belongs to
        }
        double h = 1e-3;
        net.weights().assign(start.plus(along.times(h)));
        double more = mean(norm);
        net.weights().assign(start.minus(along.times(h)));
        double less = mean(norm);
        assertEquals((more - less) / (2 * h), exact, 2e-2 * Math.abs(exact));
    }

    /** −Σ sg(Δ) ⊙ f changes with the weights as f does along Δ. */
    @Test
    void theStoppedChangeIsAConstant() {
        var start = net.weights().copy();
        var along = Noise.normal(8, new long[] {0}, 0, start.elementCount()).squeeze(0);
        along = along.times(start);
        loss(ContinuousTime.Norm.STOP_GRADIENT).loss().backward();
        double exact = net.gradients().to(DType.F64).times(along.to(DType.F64)).sum().item();
        double[] back = {-1, -1};
        var xt = ConsistencyPair.noisy(x0, LEVELS, z);
        var direction = z.negate(); // t s = x₀ − x_t over t
        var delta = online.jvp(xt, LEVELS, labels, 0, direction, back).tangent();
        double h = 1e-3;
        net.weights().assign(start.plus(along.times(h)));
        var more = online.denoise(xt, LEVELS, labels, 0);
        net.weights().assign(start.minus(along.times(h)));
        var less = online.denoise(xt, LEVELS, labels, 0);
        var change = more.minus(less).to(DType.F64).times(1 / (2 * h));
        double expected = -delta.to(DType.F64).times(change).sum().item() / 2; // mean of two
        assertEquals(expected, exact, 1e-2 * Math.abs(exact));
    }

    @Test
    void levelsComeFromTheLawOfTheGrid() {
        var context = new StepContext(0, 1, 5, 0);
        for (double t :
                new ContinuousTime(Optional.empty(), ContinuousTime.Norm.L2, RANGE)
                        .evaluate(x0, labels, context, online, online)
                        .sigma()) {
            assertTrue(t >= .002 && t <= 80, "t " + t);
        }
    }

    private LossTerms loss(ContinuousTime.Norm norm) {
        return new ContinuousTime(Optional.empty(), norm, RANGE)
                .atLevels(x0, z, LEVELS, labels, online, 0);
    }

    private double mean(ContinuousTime.Norm norm) {
        return loss(norm).perSample().to(DType.F64).mean().item();
    }
}
