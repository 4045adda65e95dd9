package dev.cm4j.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.TrigFlow;
import dev.cm4j.schedule.TrigFlowScalings;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The continuous-time method on a scalar, and on the golden network in float64. */
class ContinuousConsistencyTest {

    private static final double SIGMA_DATA = .5;
    private static final TrigFlow FLOW = new TrigFlow(SIGMA_DATA);
    private static final double[] LEVELS = {FLOW.sigma(1.1), FLOW.sigma(.4)};
    private static final LogNormalTimes TIMES = new LogNormalTimes(-1, 1.4);

    private Scope scope;
    private UNet net;
    private Tensor x0;
    private Tensor z;
    private Optional<Tensor> labels;

    @BeforeEach
    void open() {
        scope = Scope.open();
        net = GoldenNetwork.create(1, 0);
        x0 = GoldenNetwork.images();
        z = GoldenNetwork.wave(j -> .5 * Math.sin(.11 * j), GoldenNetwork.SHAPE);
        labels = Optional.of(GoldenNetwork.labels());
    }

    @AfterEach
    void close() {
        net.close();
        scope.close();
    }

    /** F(u, t) = u t/2. */
    @Test
    void scalar() {
        double t = .7;
        var one = Tensor.of(new double[] {.3}, 1, 1, 1, 1);
        var noise = Tensor.of(new double[] {-.2}, 1, 1, 1, 1);
        var point = TrigFlowPoint.of(one, noise, new double[] {FLOW.sigma(t)}, SIGMA_DATA);
        var v = point.velocity(one, noise);
        double x = point.x().item();
        assertEquals(.100609119, x, 1e-9);
        assertEquals(-.346233744, v.item(), 1e-9);
        double both = Math.cos(t) * Math.sin(t);
        double f = x / SIGMA_DATA * t / 2;
        double j = both * (v.item() / SIGMA_DATA * t / 2 + x / SIGMA_DATA / 2);
        assertEquals(.0704263831, f, 1e-9);
        assertEquals(-.0698459678, j, 1e-9);
        var g = ContinuousConsistency.tangent(point, v, same(f), same(j), 1);
        assertEquals(-.237789821, g.item(), 1e-9);
        assertEquals(-.703957924, new NormalisedTangent(.1).limited(g).item(), 1e-9);
        assertEquals(-.1, new ClippedTangent(.1).limited(g).item(), 1e-12);
    }

    /** Data N(0, σ_d²): v ≡ 0, and F = −tan(t/2) u is the consistency function. */
    @Test
    void nothingPullsAtTheConsistencyFunctionOfANormalLaw() {
        for (double t : new double[] {.01, .4, 1.1, 1.5}) {
            var x = Tensor.of(new double[] {.37}, 1, 1, 1, 1);
            double[] cos = {Math.cos(t)};
            double[] sin = {Math.sin(t)};
            var point = new TrigFlowPoint(SIGMA_DATA, new double[] {FLOW.sigma(t)}, cos, sin, x);
            double u = x.item() / SIGMA_DATA;
            double f = -Math.tan(t / 2) * u;
            double j = -cos[0] * sin[0] * u / (2 * Math.pow(Math.cos(t / 2), 2));
            var g = ContinuousConsistency.tangent(point, same(0), same(f), same(j), 1);
            assertEquals(0, g.item(), 1e-15);
        }
    }

    private static Tensor same(double value) {
        return Tensor.of(new double[] {value}, 1, 1, 1, 1);
    }

    @Test
    void golden() {
        var online = model(new TrigFlowScalings(SIGMA_DATA), TimeInput.trigFlow(SIGMA_DATA));
        var point = TrigFlowPoint.of(x0, z, LEVELS, SIGMA_DATA);
        var direction =
                ContinuousConsistency.direction(point, point.velocity(x0, z), 1, labels, online, 0);
        near(perSample(direction.f().abs()).sum(1), 143.7290373, 166.2365471);
        near(perSample(direction.j().abs()).sum(1), 46.89240834, 137.9885647);
        near(perSample(direction.g().square()).mean(1).sqrt(), .2227950848, .5896682777);
        var terms = loss(training(), online);
        near(terms.perSample(), .4763842391, .7310297116);
        assertEquals((.4763842391 + .7310297116) / 2, terms.loss().item(), 1e-4);
        near(
                loss(
                                new ContinuousConsistency(
                                        TIMES,
                                        Optional.empty(),
                                        new NormalisedTangent(.1),
                                        10,
                                        TimePrior.INV_SIGMA,
                                        false),
                                online)
                        .perSample(),
                .4763842391 / LEVELS[0],
                .7310297116 / LEVELS[1]);
    }

    /** The gradient of the loss is −2/(N D) Σ g ∂F/∂θ, g being the limited tangent. */
    @Test
    void theTangentIsWhatIsLearnt() {
        var online = model(new TrigFlowScalings(SIGMA_DATA), TimeInput.trigFlow(SIGMA_DATA));
        loss(training(), online).loss().backward();
        double exact = net.gradient("out.2.bias").sum().item();
        var point = TrigFlowPoint.of(x0, z, LEVELS, SIGMA_DATA);
        var g =
                ContinuousConsistency.direction(point, point.velocity(x0, z), 1, labels, online, 0)
                        .g();
        double mean = new NormalisedTangent(.1).limited(g).mean().item();
        assertEquals(-2 * mean, exact, 1e-4 * Math.abs(exact));
    }

    /** A network that estimates the opposite, with another time input, is the same function. */
    @Test
    void takesNetworksOfDiffusionModels() {
        double scale = 40;
        var edm = model(new EdmScalings(SIGMA_DATA), new TimeInput(scale));
        var point = TrigFlowPoint.of(x0, z, LEVELS, SIGMA_DATA);
        var v = point.velocity(x0, z);
        var direction = ContinuousConsistency.direction(point, v, 1, labels, edm, 0);
        // df/dt along the trajectory by differences of whole denoisings; g = cos t · df/dt
        double h = 2e-3;
        var more = onTrajectory(edm, point, v, h);
        var less = onTrajectory(edm, point, v, -h);
        var df = more.minus(less).times(1 / (2 * h));
        for (int n = 0; n < 2; n++) {
            var expected = df.select(0, n).times(point.cos()[n]);
            double error = direction.g().select(0, n).minus(expected).norm().item();
            assertTrue(error < 5e-3 * expected.norm().item(), "sample " + n + ": " + error);
        }
        // the gradient moves F itself towards F + g, whatever the network's sign
        loss(training(), edm).loss().backward();
        double mean = new NormalisedTangent(.1).limited(direction.g()).mean().item();
        assertEquals(2 * mean, net.gradient("out.2.bias").sum().item(), 1e-3 * Math.abs(mean));
    }

    private Tensor onTrajectory(ConsistencyModel model, TrigFlowPoint point, Tensor v, double h) {
        // x(t + h) ≈ cos h · x_t + sin h · v, exact on the sample's own path
        var x = point.x().times(Math.cos(h)).plus(v.times(Math.sin(h)));
        double[] angles = Arrays.stream(LEVELS).map(s -> FLOW.angle(s) + h).toArray();
        double[] sigma = Arrays.stream(angles).map(FLOW::sigma).toArray();
        double[] grown = Arrays.stream(angles).map(t -> 1 / Math.cos(t)).toArray();
        return model.denoise(dev.cm4j.tensor.Images.scaled(grown, x), sigma, labels, 0);
    }

    @Test
    void aTeacherThatKnowsTheImageIsNoTeacher() {
        var online = model(new TrigFlowScalings(SIGMA_DATA), TimeInput.trigFlow(SIGMA_DATA));
        var taught =
                new ContinuousConsistency(
                        TIMES,
                        Optional.of(_ -> (_, _, _) -> x0),
                        new NormalisedTangent(.1),
                        10,
                        TimePrior.NONE,
                        false);
        assertArrayEquals(
                loss(training(), online).perSample().toFloats(),
                loss(taught, online).perSample().toFloats(),
                1e-5f);
    }

    /** The velocity of a network as its own teacher is σ_d F. */
    @Test
    void aTeacherOfTheSameFormGivesItsVelocity() {
        var online = model(new TrigFlowScalings(SIGMA_DATA), TimeInput.trigFlow(SIGMA_DATA));
        var distillation =
                new ContinuousConsistency(
                        TIMES,
                        Optional.of(target -> target),
                        new NormalisedTangent(.1),
                        10,
                        TimePrior.NONE,
                        false);
        // at ρ = 0 only −cos² t (σ_d F − v) is left, which vanishes
        var terms =
                distillation.atLevels(
                        x0, z, LEVELS, new double[] {1, 1}, 0, labels, online, online, 0);
        assertEquals(0, terms.loss().item(), 1e-8);
    }

    @Test
    void theSecondPartOfTheTangentComesSlowly() {
        assertEquals(0, training().rho(0));
        assertEquals(.4, training().rho(4));
        assertEquals(1, training().rho(1000));
    }

    @Test
    void trigFlowDiffusionIsDenoisingWithKarrassWeight() {
        var edm = model(new EdmScalings(SIGMA_DATA), TimeInput.EDM);
        var expected =
                new EdmDenoising(TIMES, Weighting.KARRAS)
                        .atLevels(x0, z.times(2), LEVELS, labels, edm, 0)
                        .perSample()
                        .times(SIGMA_DATA * SIGMA_DATA);
        var actual =
                new TrigFlowDiffusion(TIMES).atLevels(x0, z, LEVELS, labels, edm, 0).perSample();
        assertArrayEquals(expected.toFloats(), actual.toFloats(), 1e-4f);
    }

    @Test
    void refusesWhatItCannotMean() {
        var boundary = model(new BoundaryScalings(SIGMA_DATA, .002), TimeInput.EDM);
        var error = assertThrows(IllegalArgumentException.class, () -> loss(training(), boundary));
        assertTrue(error.getMessage().contains("trig-flow or edm"), error.getMessage());
        assertThrows(IllegalArgumentException.class, () -> new NormalisedTangent(0));
        assertThrows(IllegalArgumentException.class, () -> new ClippedTangent(Double.NaN));
        assertThrows(
                IllegalArgumentException.class,
                () ->
                        new ContinuousConsistency(
                                TIMES,
                                Optional.empty(),
                                new ClippedTangent(1),
                                -1,
                                TimePrior.NONE,
                                false));
    }

    private static ContinuousConsistency training() {
        return new ContinuousConsistency(
                TIMES, Optional.empty(), new NormalisedTangent(.1), 10, TimePrior.NONE, false);
    }

    private LossTerms loss(ContinuousConsistency objective, ConsistencyModel online) {
        double[] weights = Arrays.stream(LEVELS).map(objective.prior()::weight).toArray();
        return objective.atLevels(x0, z, LEVELS, weights, 1, labels, online, online, 0);
    }

    private ConsistencyModel model(Scalings scalings, TimeInput time) {
        return new ConsistencyModel(net, scalings, time);
    }

    private static Tensor perSample(Tensor images) {
        return images.reshape(2, -1);
    }

    private static void near(Tensor actual, double... expected) {
        var values = actual.toDoubles();
        assertEquals(expected.length, values.length);
        for (int n = 0; n < expected.length; n++) {
            assertEquals(expected[n], values[n], 1e-4 * expected[n]);
        }
    }
}
