package dev.cm4j.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
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
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import dev.cm4j.testing.LinearProblem;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Losses of the golden network, known from OpenAI's own modules in float64. */
class ObjectiveGoldenTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final Scalings BOUNDARY = new BoundaryScalings(0.5, 0.002);
    private static final Scalings EDM = new EdmScalings(0.5);

    private UNet net;
    private UNet target;
    private Scope scope;

    @BeforeEach
    void open() {
        net = GoldenNetwork.create(1, 0);
        target = GoldenNetwork.create(.9, 0);
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
        target.close();
        net.close();
    }

    @Test
    void consistencyTraining() {
        checkTraining(new L2(), .01574719902, .005961649022);
        checkTraining(new L1(), .08971005597, .05099332868);
    }

    private void checkTraining(Distance distance, double... expected) {
        var terms =
                new ConsistencyTraining(new FixedCurriculum(40), Weighting.UNIFORM, distance, RANGE)
                        .atIndices(
                                GoldenNetwork.images(),
                                GoldenNetwork.noise(),
                                new int[] {5, 30},
                                40,
                                labels(),
                                model(net, BOUNDARY),
                                model(target, BOUNDARY),
                                1);
        check(terms, expected);
    }

    @Test
    void consistencyDistillation() {
        checkDistillation(new L2(), .01573546187, .005719052745);
        checkDistillation(new L1(), .08961276968, .04248050517);
    }

    private void checkDistillation(Distance distance, double... expected) {
        var terms =
                new ConsistencyDistillation(
                                model(net, EDM),
                                Solver.HEUN,
                                new FixedCurriculum(40),
                                Weighting.UNIFORM,
                                distance,
                                RANGE)
                        .atIndices(
                                GoldenNetwork.images(),
                                GoldenNetwork.noise(),
                                new int[] {5, 30},
                                40,
                                labels(),
                                model(net, BOUNDARY),
                                model(target, BOUNDARY),
                                1);
        check(terms, expected);
    }

    @Test
    void denoising() {
        var terms =
                new EdmDenoising(new LogNormalTimes(-1.2, 1.2), Weighting.KARRAS)
                        .atLevels(
                                GoldenNetwork.images(),
                                GoldenNetwork.noise(),
                                new double[] {1.5, .2},
                                labels(),
                                model(net, EDM),
                                1);
        check(terms, 1.278579418, 1.747768235);
    }

    @Test
    void progressiveDistillation() {
        var terms =
                new ProgressiveDistillation(
                                new HalvingCurriculum(8, 10),
                                Weighting.TRUNCATED_SNR,
                                new L2(),
                                RANGE)
                        .atIndices(
                                GoldenNetwork.images(),
                                GoldenNetwork.noise(),
                                new int[] {1, 3},
                                8,
                                labels(),
                                model(net, EDM),
                                model(target, EDM),
                                1);
        check(terms, .01555028448, .01485105085);
    }

    @Test
    void improvedTraining() {
        checkImproved(Weighting.UNIFORM, 1.000799945, .1130601674);
        checkImproved(Weighting.ICT, .3011075959, .005408182056);
    }

    private void checkImproved(Weighting weighting, double... expected) {
        var online = model(net, BOUNDARY);
        var terms =
                new ImprovedConsistencyTraining(
                                new DoublingCurriculum(10, 1280, 400_000),
                                new DiscreteLogNormal(-1.1, 2),
                                weighting,
                                PseudoHuber.forImages(1, 16, 16),
                                RANGE)
                        .atIndices(
                                GoldenNetwork.images(),
                                GoldenNetwork.noise(),
                                new int[] {11 - 1 - 6, 11 - 1 - 9}, // the paper's intervals 6, 9
                                11,
                                labels(),
                                online,
                                online,
                                1);
        check(terms, expected);
    }

    @Test
    void easyTuning() {
        checkEasy(0, new L2Norm(), 4.167870242, 13.01438056);
        checkEasy(3, new L2Norm(), 1.177393073, 12.43909789);
        checkEasy(0, new PseudoHuber(.06), 4.137271233, 12.89493378);
        checkEasy(3, new PseudoHuber(.06), .9570585358, 11.97068894);
    }

    private void checkEasy(int stage, Distance distance, double... expected) {
        var mapping = new EctMapping(2, 8, 1);
        double[] t = {2, .5};
        var online = model(net, EDM);
        var terms =
                new EasyConsistencyTuning(
                                new LogNormalTimes(-1.1, 2),
                                mapping,
                                new Stages.Equal(8),
                                Weighting.ECT,
                                distance)
                        .atLevels(
                                GoldenNetwork.images(),
                                GoldenNetwork.noise(),
                                t,
                                Arrays.stream(t).map(level -> mapping.r(level, stage)).toArray(),
                                labels(),
                                online,
                                online,
                                1);
        check(terms, expected);
    }

    @Test
    void solverOfTheLinearProblem() {
        Denoiser exact = LinearProblem.DENOISER;
        var grid = RANGE.grid(40);
        var x = Tensor.of(new float[] {1}, 1, 1, 1, 1);
        double[] t = {grid.sigma(10)};
        double[] r = {grid.sigma(11)};
        assertEquals(.8377527626, Solver.EULER.step(exact, x, t, r, Optional.empty()).item(), 1e-6);
        assertEquals(.8377694135, Solver.HEUN.step(exact, x, t, r, Optional.empty()).item(), 1e-6);
    }

    @Test
    void goalOfProgressiveDistillation() {
        var objective =
                new ProgressiveDistillation(
                        new HalvingCurriculum(4, 10), Weighting.UNIFORM, new L2(), RANGE);
        var x = Tensor.of(new float[] {1}, 1, 1, 1, 1);
        var goal = objective.goal(LinearProblem.DENOISER, x, new int[] {1}, 4, Optional.empty());
        assertEquals(.001708882016, goal.item(), 1e-6);
    }

    private static ConsistencyModel model(UNet net, Scalings scalings) {
        return new ConsistencyModel(net, scalings, TimeInput.OPENAI);
    }

    private static Optional<Tensor> labels() {
        return Optional.of(GoldenNetwork.labels());
    }

    private static void check(LossTerms terms, double... expected) {
        var actual = terms.perSample().toDoubles();
        assertEquals(expected.length, actual.length);
        for (int n = 0; n < expected.length; n++) {
            assertEquals(expected[n], actual[n], 1e-4 * expected[n]);
        }
        assertEquals(Arrays.stream(actual).average().orElseThrow(), terms.loss().item(), 1e-6);
    }
}
