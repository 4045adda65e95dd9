package dev.cm4j.sample;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.DiffusersTimesteps;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.LinearProblem;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every sampler of the sealed family must keep, and how its members relate. */
class SamplerFamilyTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final ChurnConfig CHURN = new ChurnConfig(2, .05, 50, 1.003);
    private static final MultistepSampler THREE = MultistepSampler.ofSteps(3, RANGE);
    private static final Denoiser SKIP =
            (x, sigma, labels) -> x.times(new BoundaryScalings(0.5, 0.002).cSkip(sigma[0]) + .1);

    static Stream<Sampler> all() {
        var refine = new NoiseRange(RANGE.sigmaMin(), 3, RANGE.rho());
        return Stream.of(
                new OnestepSampler(RANGE),
                THREE,
                new GammaSampler(THREE, .3),
                new DiffusersSampler(
                        new DiffusersTimesteps(40, RANGE).ofTimesteps(List.of(22, 0)), RANGE, 1),
                new EulerSampler(6, RANGE),
                new HeunSampler(6, RANGE, CHURN),
                new DpmSampler(6, RANGE, CHURN),
                new DpmFastSampler(8, RANGE),
                new DpmPlusSampler(6, RANGE),
                new DeisSampler(6, RANGE, 3),
                new DdimSampler(6, RANGE, .5),
                new AncestralSampler(6, RANGE),
                new ProgdistSampler(4, RANGE),
                new EarlyStopSampler(SKIP, THREE, new AncestralSampler(4, refine)));
    }

    @Test
    void everyMemberIsTested() {
        Set<Class<?>> members = new HashSet<>();
        members.addAll(List.of(ConsistencySampler.class.getPermittedSubclasses()));
        members.addAll(List.of(DiffusionSampler.class.getPermittedSubclasses()));
        assertEquals(members, new HashSet<>(all().map(Sampler::getClass).toList()));
    }

    @ParameterizedTest
    @MethodSource("all")
    void anImageDependsOnItsSeedAlone(Sampler sampler) {
        try (var _ = Scope.open()) {
            var batch =
                    sampler.sample(
                            LinearProblem.DENOISER,
                            SampleRequest.of(PerImageNoise.range(7, 10, 5), 5, 1, 4, 4));
            for (int i = 0; i < 5; i++) {
                var alone =
                        sampler.sample(
                                LinearProblem.DENOISER,
                                SampleRequest.of(new PerImageNoise(7, 10 + i), 1, 1, 4, 4));
                assertArrayEquals(
                        batch.narrow(0, i, 1).toFloats(), alone.toFloats(), sampler.toString());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void costsWhatItSays(Sampler sampler) {
        var calls = new ArrayList<Double>();
        Denoiser counting =
                (x, sigma, labels) -> {
                    calls.add(sigma[0]);
                    return LinearProblem.DENOISER.denoise(x, sigma, labels);
                };
        Sampler counted =
                sampler instanceof EarlyStopSampler early
                        ? new EarlyStopSampler(counting, early.first(), early.rest())
                        : sampler;
        var heard = new ArrayList<Integer>();
        try (var _ = Scope.open()) {
            counted.sample(
                    counting,
                    SampleRequest.of(new PerImageNoise(1, 2), 1, 1, 2, 2)
                            .withListener(step -> {
                                heard.add(step.steps());
                                return true;
                            }));
        }
        assertEquals(sampler.evaluations(), calls.size());
        assertTrue(heard.size() >= heard.getLast(), heard.toString());
        assertTrue(calls.stream().allMatch(sigma -> sigma > 0 && sigma <= 113.2), calls.toString());
    }

    @Test
    void ddimReachesFromEulerToAncestral() {
        assertSame(new EulerSampler(9, RANGE), new DdimSampler(9, RANGE, 0));
        assertSame(new AncestralSampler(9, RANGE), new DdimSampler(9, RANGE, 1));
    }

    @Test
    void deisOfOrderZeroIsEuler() {
        assertSame(new EulerSampler(9, RANGE), new DeisSampler(9, RANGE, 0));
    }

    @Test
    void gammaReachesFromFixedToFresh() {
        assertSame(THREE, new GammaSampler(THREE, 1));
        var fixed = new GammaSampler(THREE, 0);
        try (var _ = Scope.open()) {
            NoiseSource onlyStart =
                    (draw, shape) ->
                            draw == 0
                                    ? Tensor.full(.01, DType.F32, shape)
                                    : Tensor.full(1e6, DType.F32, shape);
            var free = SampleRequest.of(onlyStart, 1, 1, 1, 1).withClip(false);
            double got = fixed.sample(SKIP, free).item();
            double x = .8;
            var path = THREE.path();
            for (int i = 0; i + 1 < path.length; i++) { // f + √(σ'²−ε²) (x−f)/√(σ²−ε²)
                double f = x * (new BoundaryScalings(.5, .002).cSkip(path[i]) + .1);
                x = f + (x - f) * Math.sqrt(square(path[i + 1]) / square(path[i]));
            }
            assertEquals(x, got, 1e-4 * Math.abs(x));
        }
    }

    private static double square(double sigma) {
        return sigma * sigma - 4e-6;
    }

    @Test
    void earlyStopStartsFromTheOtherModel() {
        Denoiser half = (x, sigma, labels) -> Tensor.full(.5, DType.F32, x.shape());
        var seen = new ArrayList<Double>();
        Denoiser watching =
                (x, sigma, labels) -> {
                    seen.add(x.item());
                    return LinearProblem.DENOISER.denoise(x, sigma, labels);
                };
        var euler = new EulerSampler(5, new NoiseRange(.002, 3, 7));
        var sampler = new EarlyStopSampler(half, new OnestepSampler(RANGE), euler);
        NoiseSource counting = (draw, shape) -> Tensor.full(draw, DType.F32, shape);
        try (var _ = Scope.open()) {
            sampler.sample(watching, SampleRequest.of(counting, 1, 1, 1, 1));
        }
        assertEquals(.5 + 3 * 1, seen.getFirst()); // draw 1 is the first that is left
        assertEquals(6, sampler.evaluations());
    }

    @Test
    void publishedMiddleLevels() {
        assertEquals(List.of(80.0, .821), MiddleSigma.ICT_CIFAR10.sampler(RANGE).sigmas());
        assertEquals(1.526, MiddleSigma.ICT_IMAGENET64.sigma());
        assertEquals(.982379829, MiddleSigma.SCM.sigma(), 1e-9);
    }

    @Test
    void refusesNumbersThatAreNone() {
        refused("steps must be at least 1, but is 0", () -> new HeunSampler(0, RANGE, CHURN));
        refused("steps must be at least 1, but is 0", () -> new DpmSampler(0, RANGE, CHURN));
        refused("steps must be at least 1, but is -2", () -> new DpmPlusSampler(-2, RANGE));
        refused("evaluations must be at least 1", () -> new DpmFastSampler(0, RANGE));
        refused("eta must lie in 0 to 1, but is 2.0", () -> new DdimSampler(1, RANGE, 2));
        refused("gamma must lie in 0 to 1, but is NaN", () -> new GammaSampler(THREE, Double.NaN));
        refused("order must lie in 0 to 3, but is 4", () -> new DeisSampler(5, RANGE, 4));
    }

    private static void refused(String rule, Executable what) {
        var message = assertThrows(IllegalArgumentException.class, what).getMessage();
        assertTrue(message.contains(rule), message);
    }

    private static void assertSame(Sampler expected, Sampler actual) {
        try (var _ = Scope.open()) {
            var request =
                    SampleRequest.of(PerImageNoise.range(3, 0, 2), 2, 1, 3, 3).withClip(false);
            assertArrayEquals(
                    expected.sample(LinearProblem.DENOISER, request).toFloats(),
                    actual.sample(LinearProblem.DENOISER, request).toFloats(),
                    2e-5f);
        }
    }
}
