package dev.cm4j.loss;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.loss.EasyConsistencyTuning.IdealPath;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.PerSample;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.DiscreteLogNormal;
import dev.cm4j.schedule.DoublingCurriculum;
import dev.cm4j.schedule.EctMapping;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.FixedCurriculum;
import dev.cm4j.schedule.HalvingCurriculum;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.Stages;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What holds for every objective: randomness, gradients, masks, and the shortcuts of tuning. */
class ObjectiveTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final Scalings BOUNDARY = new BoundaryScalings(0.5, 0.002);
    private static final Scalings EDM = new EdmScalings(0.5);
    private static final StepContext STEP = new StepContext(3, 100, 42, 12);

    private static final EasyConsistencyTuning TUNING =
            new EasyConsistencyTuning(
                    new LogNormalTimes(-1.1, 2),
                    new EctMapping(2, 8, 1),
                    new Stages.Equal(4),
                    Weighting.ECT,
                    new L2Norm());

    private static List<Objective> objectives(ConsistencyModel teacher) {
        return List.of(
                new ConsistencyTraining(new FixedCurriculum(18), Weighting.KARRAS, new L2(), RANGE),
                new ImprovedConsistencyTraining(
                        new DoublingCurriculum(10, 40, 100),
                        new DiscreteLogNormal(-1.1, 2),
                        Weighting.ICT,
                        new PseudoHuber(.01),
                        RANGE),
                TUNING,
                along(new IdealPath(teacher, Solver.HEUN)),
                new ConsistencyDistillation(
                        teacher,
                        Solver.HEUN,
                        new FixedCurriculum(18),
                        Weighting.UNIFORM,
                        new L1(),
                        RANGE),
                new ProgressiveDistillation(
                        new HalvingCurriculum(8, 10), Weighting.TRUNCATED_SNR, new L2(), RANGE),
                new EdmDenoising(new LogNormalTimes(-1.2, 1.2), Weighting.KARRAS),
                new EdmDenoising(new LogNormalTimes(-1.2, 1.2), Weighting.KARRAS, 4));
    }

    @Test
    void aBatchMayBeCutIntoParts() {
        try (var net = GoldenNetwork.create(1, 0);
                var other = GoldenNetwork.create(.9, 0);
                var _ = Scope.open()) {
            var online = model(net, EDM);
            var target = model(other, EDM);
            var x0 = GoldenNetwork.wave(j -> Math.cos(.37 * j), 4, 1, 16, 16);
            for (var objective : objectives(target)) {
                var whole = objective.evaluate(x0, labels(4), STEP, online, target);
                for (int part = 0; part < 2; part++) {
                    var step = new StepContext(3, 100, 42, 12 + 2 * part);
                    var some = x0.narrow(0, 2 * part, 2);
                    var terms = objective.evaluate(some, labels(2), step, online, target);
                    for (int n = 0; n < 2; n++) {
                        var expected = whole.perSample().toDoubles()[2 * part + n];
                        assertEquals(
                                expected,
                                terms.perSample().toDoubles()[n],
                                1e-4 * expected + 1e-7,
                                objective.toString());
                        assertEquals(whole.sigma()[2 * part + n], terms.sigma()[n]);
                    }
                }
            }
        }
    }

    @Test
    void onlyTheOnlineNetworkLearns() {
        try (var net = GoldenNetwork.create(1, 0);
                var other = GoldenNetwork.create(.9, 0)) {
            var online = model(net, EDM);
            var target = model(other, EDM);
            for (var objective : objectives(target)) {
                try (var _ = Scope.open()) {
                    net.zeroGradients();
                    var terms =
                            objective.evaluate(
                                    GoldenNetwork.images(), labels(2), STEP, online, target);
                    assertFalse(terms.perSample().requiresGrad());
                    terms.loss().backward();
                    var norm = net.gradients().norm().item();
                    assertTrue(Double.isFinite(norm) && norm > 0, objective.toString());
                    assertEquals(0, other.gradients().norm().item());
                }
            }
        }
    }

    @Test
    void gradientAgreesWithDifferences() {
        try (var net = GoldenNetwork.create(1, 0);
                var other = GoldenNetwork.create(.9, 0);
                var _ = Scope.open()) {
            var target = model(other, BOUNDARY);
            var objective =
                    new ConsistencyTraining(
                            new FixedCurriculum(18), Weighting.UNIFORM, new L2(), RANGE);
            var bias = "out.2.bias";
            Supplier<LossTerms> evaluate =
                    () ->
                            objective.evaluate(
                                    GoldenNetwork.images(),
                                    labels(2),
                                    STEP,
                                    model(net, BOUNDARY),
                                    target);
            evaluate.get().loss().backward();
            var slope = net.gradient(bias).item();
            var at = net.parameter(bias).item();
            net.parameter(bias).fill(at + 1e-2);
            var above = evaluate.get().loss().item();
            net.parameter(bias).fill(at - 1e-2);
            var below = evaluate.get().loss().item();
            assertEquals(slope, (above - below) / 2e-2, 1e-3 * Math.abs(slope) + 1e-6);
        }
    }

    @Test
    void studentAndTargetShareTheirMasks() {
        try (var net = GoldenNetwork.create(1, .5);
                var _ = Scope.open()) {
            net.training(true);
            var model = model(net, EDM);
            var x = GoldenNetwork.images();
            double[] sigma = {2, .5};
            var first = model.denoise(x, sigma, labels(2), STEP.dropoutSeed()).toFloats();
            var same = model.denoise(x, sigma, labels(2), STEP.dropoutSeed()).toFloats();
            assertArrayEquals(first, same);
            var next = new StepContext(4, 100, 42, 14).dropoutSeed();
            var different = model.denoise(x, sigma, labels(2), next).toFloats();
            assertNotEquals(first[100], different[100]);
        }
    }

    @Test
    void tuningAsksTheTargetOnlyWhereNeeded() {
        try (var net = GoldenNetwork.create(1, 0);
                var broken = GoldenNetwork.create(Double.NaN, 0);
                var _ = Scope.open()) {
            var online = model(net, EDM);
            var rows = 16;
            var x0 = GoldenNetwork.wave(j -> Math.cos(.37 * j), rows, 1, 16, 16);
            var z = GoldenNetwork.wave(j -> Math.sin(.11 * j * j), rows, 1, 16, 16);
            var t = new double[rows];
            var r = new double[rows];
            for (int n = 0; n < rows; n++) {
                t[n] = .3 + n;
                r[n] = n % 3 == 1 ? t[n] / 2 : 0; // 5 of 16, run as 6
            }
            var together = TUNING.atLevels(x0, z, t, r, labels(rows), online, online, 0);
            for (int n = 0; n < rows; n++) {
                var one =
                        TUNING.atLevels(
                                x0.narrow(0, n, 1),
                                z.narrow(0, n, 1),
                                new double[] {t[n]},
                                new double[] {r[n]},
                                labels(rows).map(index(n)),
                                online,
                                online,
                                0);
                var expected = one.perSample().item();
                assertEquals(expected, together.perSample().toDoubles()[n], 1e-4 * expected);
            }
            // where all targets are the clean images the target network is not run at all
            var denoising =
                    TUNING.atLevels(
                            x0,
                            z,
                            t,
                            new double[rows],
                            labels(rows),
                            online,
                            model(broken, EDM),
                            0);
            assertTrue(Double.isFinite(denoising.loss().item()));
        }
    }

    /** Of a single image all trajectories are straight lines, and those of the noise. */
    @Test
    void theIdealPathOfOneImageIsItsOwnLine() {
        try (var net = GoldenNetwork.create(1, 0);
                var _ = Scope.open()) {
            var model = model(net, EDM);
            var image = GoldenNetwork.wave(j -> Math.cos(.37 * j), 1, 1, 16, 16);
            var x0 = image.expand(8, 1, 16, 16).contiguous();
            for (var solver : Solver.values()) {
                var path = new IdealPath((x, sigma, _) -> image.expand(x.shape()), solver);
                var expected = TUNING.evaluate(x0, labels(8), STEP, model, model);
                var found = along(path).evaluate(x0, labels(8), STEP, model, model);
                for (int n = 0; n < 8; n++) {
                    var loss = expected.perSample().toDoubles()[n];
                    assertEquals(loss, found.perSample().toDoubles()[n], 1e-3 * loss + 1e-6);
                }
                assertTrue(along(path).pair(x0, STEP, .5).isEmpty());
            }
        }
    }

    /** Whichever image lay behind x_t, the goal at r = 0 is what the path says of x_t. */
    @Test
    void theIdealPathReplacesTheImage() {
        try (var net = GoldenNetwork.create(1, 0);
                var _ = Scope.open()) {
            var model = model(net, EDM);
            var denoising =
                    new EasyConsistencyTuning(
                            TUNING.times(),
                            TUNING.mapping(),
                            new Stages.Equal(-1, 1),
                            TUNING.weighting(),
                            TUNING.distance(),
                            Optional.of(new IdealPath(model, Solver.HEUN)));
            var terms = denoising.evaluate(GoldenNetwork.images(), labels(2), STEP, model, model);
            assertEquals(0, terms.loss().item(), 1e-4); // its own teacher
        }
    }

    @Test
    void theSlopeOfASolverLeadsWhereItsStepDoes() {
        Denoiser half = (x, sigma, _) -> x.times(PerSample.column(sigma, x).plus(1).reciprocal());
        try (var _ = Scope.open()) {
            var x = GoldenNetwork.wave(j -> Math.cos(.37 * j), 3, 1, 4, 4);
            double[] t = {3, 2, 1};
            double[] r = {1, 1.9, .01};
            for (var solver : Solver.values()) {
                var slope = solver.slope(half, x, t, r, Optional.empty());
                assertArrayEquals(
                        solver.step(half, x, t, r, Optional.empty()).toFloats(),
                        x.plus(slope.times(PerSample.column(new double[] {-2, -.1, -.99}, x)))
                                .toFloats(),
                        1e-6f);
            }
            // to 0 it is Euler's, and the others of the batch do not notice
            double[] some = {1, 0, .01};
            var heun = Solver.HEUN.slope(half, x, t, some, Optional.empty());
            var euler = Solver.EULER.slope(half, x, t, some, Optional.empty());
            var whole = Solver.HEUN.slope(half, x, t, r, Optional.empty());
            assertArrayEquals(euler.select(0, 1).toFloats(), heun.select(0, 1).toFloats());
            assertArrayEquals(whole.select(0, 0).toFloats(), heun.select(0, 0).toFloats());
            assertArrayEquals(whole.select(0, 2).toFloats(), heun.select(0, 2).toFloats());
        }
    }

    /** Where D changes evenly with ln σ the exponential step is exact, however long. */
    @Test
    void theExponentialSolverIsExactWhereTheDenoiserIsLinearInLogSigma() {
        Denoiser linear =
                (x, sigma, _) -> {
                    var log = Arrays.stream(sigma).map(s -> 2 - .7 * Math.log(s)).toArray();
                    return x.times(0).plus(PerSample.column(log, x));
                };
        try (var _ = Scope.open()) {
            var x = GoldenNetwork.wave(j -> 3 * Math.cos(.37 * j), 4, 1, 2, 2);
            double[] t = {80, 3, 1, 2};
            double[] r = {.002, .1, .9, 2 - 1e-6};
            var found = Solver.EXPONENTIAL.step(linear, x, t, r, Optional.empty()).toDoubles();
            var start = x.toDoubles();
            for (int i = 0; i < found.length; i++) {
                int n = i / 4;
                // x/σ − x_t/t = ∫ D dσ/σ² from r to t, D = a + b ln σ
                double expected =
                        r[n] * (start[i] / t[n] + antiderivative(t[n]) - antiderivative(r[n]));
                assertEquals(expected, found[i], 1e-5 * (1 + Math.abs(start[i])));
            }
        }
    }

    /** Of (2 − .7 ln σ)/σ². */
    private static double antiderivative(double sigma) {
        return -(2 - .7 * Math.log(sigma) - .7) / sigma;
    }

    private static EasyConsistencyTuning along(IdealPath path) {
        return new EasyConsistencyTuning(
                TUNING.times(),
                TUNING.mapping(),
                TUNING.stages(),
                TUNING.weighting(),
                TUNING.distance(),
                Optional.of(path));
    }

    @Test
    void tuningTakesNotANumberForBlack() {
        try (var net = GoldenNetwork.create(0, 0);
                var broken = GoldenNetwork.create(Double.NaN, 0);
                var _ = Scope.open()) {
            var x0 = Tensor.zeros(DType.F32, 1, 1, 16, 16);
            var z = Tensor.ones(DType.F32, 1, 1, 16, 16);
            double[] t = {2};
            double[] r = {1};
            var terms =
                    TUNING.atLevels(x0, z, t, r, labels(1), model(net, EDM), model(broken, EDM), 0);
            // the student of an empty network is c_skip(2) · 2, the target 0, the weight 1
            assertEquals(EDM.cSkip(2) * 2 * 16, terms.loss().item(), 1e-5);
        }
    }

    @Test
    void noiseIsStandardNormalAndRepeats() {
        try (var _ = Scope.open()) {
            var x0 = Tensor.zeros(DType.F32, 64, 1, 16, 16);
            var z = STEP.noise(x0);
            assertEquals(0, z.mean().item(), .03);
            assertEquals(1, z.square().mean().item(), .05);
            assertArrayEquals(z.toFloats(), STEP.noise(x0).toFloats());
            var later = new StepContext(9, 100, 42, 13).noise(x0).narrow(0, 0, 63);
            assertArrayEquals(z.narrow(0, 1, 63).toFloats(), later.toFloats());
        }
    }

    private static UnaryOperator<Tensor> index(int n) {
        return labels -> labels.narrow(0, n, 1);
    }

    private static ConsistencyModel model(UNet net, Scalings scalings) {
        return new ConsistencyModel(net, scalings, TimeInput.OPENAI);
    }

    private static Optional<Tensor> labels(int count) {
        var labels = new long[count];
        Arrays.setAll(labels, n -> n % 2 == 0 ? 3 : 7);
        return Optional.of(Tensor.of(labels));
    }
}
