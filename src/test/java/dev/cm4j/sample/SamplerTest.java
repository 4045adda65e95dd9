package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.LinearProblem;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Samplers of mock denoisers in closed form, and the rules of their noise levels. */
class SamplerTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final KarrasGrid GRID = RANGE.grid(40);
    private static final NoiseSource ONES = (draw, shape) -> Tensor.ones(DType.F32, shape);

    private static final Denoiser LINEAR = LinearProblem.DENOISER;

    /** A consistency function whose network is zero: f = c_skip x. */
    private static final Denoiser SKIP =
            (x, sigma, labels) -> x.times(new BoundaryScalings(0.5, 0.002).cSkip(sigma[0]));

    @ParameterizedTest
    @CsvSource({
        "heun, 18, .527624637",
        "heun, 40, .5048768647",
        "euler, 18, .4230314364",
        "euler, 40, .4648507745",
        "dpm, 18, .5095935336",
        "dpm, 40, .5018113413",
        "progdist, 1, .005124799813",
        "progdist, 2, .09765775472",
        "progdist, 4, .2336326697",
        "ancestral, 10, .6016542714"
    })
    void linearProblem(String name, int steps, double expected) {
        Sampler sampler =
                switch (name) {
                    case "heun" -> new HeunSampler(steps, RANGE, ChurnConfig.NONE);
                    case "euler" -> new EulerSampler(steps, RANGE);
                    case "dpm" -> new DpmSampler(steps, RANGE, ChurnConfig.NONE);
                    case "progdist" -> new ProgdistSampler(steps, RANGE);
                    default -> new AncestralSampler(steps, RANGE);
                };
        var calls = new ArrayList<Double>();
        Denoiser counting =
                (x, sigma, labels) -> {
                    calls.add(sigma[0]);
                    return LINEAR.denoise(x, sigma, labels);
                };
        try (var _ = Scope.open()) {
            var request = SampleRequest.of(ONES, 1, 1, 1, 1).withClip(false);
            // float32 latents begin at 80, where a rounding is 4e-6
            var tolerance = 2e-5 * expected + 4e-6;
            assertEquals(expected, sampler.sample(counting, request).item(), tolerance);
            assertEquals(sampler.evaluations(), calls.size());
        }
    }

    @Test
    void levelsBetweenSteps() {
        assertEquals(74.6012108, DpmSampler.middle(80, GRID.sigma(1)), 1e-6);
        assertEquals(34.4702371, AncestralSampler.up(80, GRID.sigma(1)), 1e-6);
        assertEquals(60.2929238, AncestralSampler.down(80, GRID.sigma(1)), 1e-6);
    }

    @Test
    void multistepOfAnEmptyNetwork() {
        checkEmpty(MultistepSampler.atIndices(List.of(0, 22, 39), GRID), 1.385491544, .1606988791);
        checkEmpty(
                MultistepSampler.atIndices(List.of(0, 106, 200), RANGE.grid(201)),
                1.915967609,
                .1227767762);
    }

    private static void checkEmpty(Sampler sampler, double between, double end) {
        var seen = new ArrayList<Double>();
        Denoiser model =
                (x, sigma, labels) -> {
                    seen.add(x.item());
                    return SKIP.denoise(x, sigma, labels);
                };
        try (var _ = Scope.open()) {
            var request = SampleRequest.of(ONES, 1, 1, 1, 1).withClip(false);
            assertEquals(end, sampler.sample(model, request).item(), 1e-6);
            assertEquals(80, seen.get(0));
            assertEquals(between, seen.get(1), 1e-6);
            assertEquals(2, seen.size());
        }
    }

    @Test
    void theWaysToNameLevelsAgree() {
        var indices = MultistepSampler.atIndices(List.of(0, 22, 39), GRID);
        assertEquals(List.of(80.0, GRID.sigma(22)), indices.sigmas());
        assertEquals(.002, indices.end());
        assertEquals(indices, MultistepSampler.atTimesteps(List.of(22, 0), GRID));
        assertEquals(indices, MultistepSampler.atSigmas(indices.sigmas(), RANGE));
        assertEquals(
                MultistepSampler.atIndices(List.of(0, 20, 39), GRID),
                MultistepSampler.evenlyIndexed(2, GRID));
        assertEquals(List.of(80.0), MultistepSampler.ofSteps(1, RANGE).sigmas());
        assertEquals(1.3, MultistepSampler.ofSteps(2, RANGE).sigmas().get(1), .05);
        assertEquals(20, MultistepSampler.ofSteps(20, RANGE).evaluations());
    }

    @Test
    void refusesLevelsThatBreakARule() {
        refused("first index must be 0", () -> atIndices(1, 22, 39));
        refused("last index must be 39", () -> atIndices(0, 22));
        refused("rise strictly", () -> atIndices(0, 22, 22, 39));
        refused("0 to 39", () -> MultistepSampler.atAnyIndices(List.of(0, 40), GRID));
        refused("at least two", () -> MultistepSampler.atAnyIndices(List.of(3), GRID));
        refused(
                "first noise level must be 80",
                () -> MultistepSampler.atSigmas(List.of(20.0, 2.0), RANGE));
        refused(
                "the noise level 100.0 is above the model's largest, 80.0",
                () -> MultistepSampler.atSigmas(List.of(100.0, 2.0), RANGE));
        refused("fall strictly", () -> MultistepSampler.atSigmas(List.of(80.0, 2.0, 3.0), RANGE));
        refused("fall strictly", () -> MultistepSampler.atSigmas(List.of(80.0, .001), RANGE));
        refused("at least 1", () -> MultistepSampler.ofSteps(0, RANGE));
        refused("1 to 39", () -> MultistepSampler.evenlyIndexed(40, GRID));
        refused("at least 1", () -> new EulerSampler(0, RANGE));
        refused("four positive", () -> SampleRequest.of(ONES, 1, 2, 3));
    }

    private static void atIndices(Integer... ts) {
        MultistepSampler.atIndices(List.of(ts), GRID);
    }

    private static void refused(String rule, Executable what) {
        var message = assertThrows(IllegalArgumentException.class, what).getMessage();
        assertTrue(message.contains(rule), message);
    }

    @Test
    void estimatesAndResultAreLimited() {
        Denoiser far = (x, sigma, labels) -> Tensor.full(3, DType.F32, x.shape());
        try (var _ = Scope.open()) {
            var request = SampleRequest.of(ONES, 1, 1, 1, 1);
            assertEquals(1, new OnestepSampler(RANGE).sample(far, request).item());
            assertEquals(1, new OnestepSampler(RANGE).sample(far, request.withClip(false)).item());
            var seen = new ArrayList<Double>();
            var listening =
                    request.withListener(step -> {
                        seen.add(step.denoised().item());
                        return true;
                    });
            MultistepSampler.ofSteps(2, RANGE).sample(far, listening);
            MultistepSampler.ofSteps(2, RANGE).sample(far, listening.withClip(false));
            assertEquals(List.of(1.0, 1.0, 3.0, 3.0), seen);
        }
    }

    @Test
    void listenersMayEndTheSampling() {
        try (var _ = Scope.open()) {
            var steps = new ArrayList<String>();
            var request =
                    SampleRequest.of(ONES, 1, 1, 1, 1)
                            .withListener(step -> {
                                steps.add(step.step() + "/" + step.steps());
                                return step.step() < 3;
                            });
            var sampler = new EulerSampler(5, RANGE);
            assertThrows(CancellationException.class, () -> sampler.sample(LINEAR, request));
            assertEquals(List.of("1/5", "2/5", "3/5"), steps);
        }
    }

    @Test
    void memoryDoesNotGrowWithSteps() {
        assertEquals(peak(4), peak(64));
    }

    private static long peak(int steps) {
        try (var _ = Scope.open()) {
            NativeMemory.resetPeak();
            var before = NativeMemory.now();
            var request = SampleRequest.of(ONES, 4, 3, 32, 32);
            new HeunSampler(steps, RANGE, ChurnConfig.NONE).sample(LINEAR, request);
            return NativeMemory.peak() - before;
        }
    }

    @Test
    void anImageDoesNotDependOnItsBatch() {
        try (var _ = Scope.open()) {
            var sampler = MultistepSampler.ofSteps(3, RANGE);
            var three =
                    sampler.sample(
                            LINEAR, SampleRequest.of(PerImageNoise.range(7, 10, 3), 3, 1, 4, 4));
            var one =
                    sampler.sample(LINEAR, SampleRequest.of(new PerImageNoise(7, 11), 1, 1, 4, 4));
            assertArrayEquals(three.narrow(0, 1, 1).toFloats(), one.toFloats());
        }
    }

    @Test
    void refusesLabelsThatDoNotFit() {
        try (var _ = Scope.open()) {
            var request =
                    SampleRequest.of(ONES, 2, 1, 4, 4)
                            .withLabels(Optional.of(Tensor.of(new long[] {1, 2, 3})));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> new OnestepSampler(RANGE).sample(LINEAR, request));
        }
    }

    @Test
    void labelsBelongToImages() {
        assertArrayEquals(new long[] {9, 0, 1}, new LabelChoice.Balanced(10).labels(9, 10, 11));
        assertArrayEquals(
                new long[] {5, 3}, new LabelChoice.Listed(List.of(3L, 4L, 5L)).labels(2, 3));
        var uniform = new LabelChoice.Uniform(10, 1);
        var many = uniform.labels(LongStream.range(0, 1000).toArray());
        assertEquals(many[500], uniform.labels(500)[0]);
        assertEquals(10, Arrays.stream(many).distinct().count());
    }
}
