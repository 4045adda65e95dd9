package dev.cm4j.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Scale;

/** What holds for every grid, scaling and curriculum. */
class SchedulePropertyTest {

    @Property
    void gridsFallStrictly(
            @ForAll @IntRange(min = 2, max = 1500) int points,
            @ForAll @Scale(6) @DoubleRange(min = 1e-4, max = 0.9) double least,
            @ForAll @Scale(6) @DoubleRange(min = 1, max = 200) double most,
            @ForAll @Scale(6) @DoubleRange(min = 1, max = 15) double rho) {
        var sigmas = new KarrasGrid(points, least, most, rho).sigmas();
        for (int i = 1; i < points; i++) {
            assertTrue(sigmas[i] < sigmas[i - 1]);
        }
        assertEquals(most, sigmas[0]);
        assertEquals(least, sigmas[points - 1]);
    }

    @Property
    void consistencyFunctionIsIdentityAtItsEnd(
            @ForAll @Scale(6) @DoubleRange(min = 1e-4, max = 0.09) double epsilon,
            @ForAll @Scale(6) @DoubleRange(min = 0.1, max = 2) double sigmaData) {
        var boundary = new BoundaryScalings(sigmaData, epsilon);
        assertEquals(1, boundary.cSkip(epsilon));
        assertEquals(0, boundary.cOut(epsilon));
        assertEquals(1, new EdmScalings(sigmaData).cSkip(0));
        assertEquals(0, new EdmScalings(sigmaData).cOut(0));
    }

    @Property
    void edmScalingsKeepUnitVariance(
            @ForAll @Scale(6) @DoubleRange(min = 1e-4, max = 200) double sigma,
            @ForAll @Scale(6) @DoubleRange(min = 0.1, max = 2) double sigmaData) {
        var s = new EdmScalings(sigmaData);
        var noisy = sigma * sigma + sigmaData * sigmaData;
        assertEquals(1, s.cIn(sigma) * s.cIn(sigma) * noisy, 1e-12);
        // variance of the network's target (x0 - c_skip x_t) / c_out
        var skip = s.cSkip(sigma);
        var target = (1 - skip) * (1 - skip) * sigmaData * sigmaData + skip * skip * sigma * sigma;
        assertEquals(1, target / (s.cOut(sigma) * s.cOut(sigma)), 1e-9);
    }

    @Property
    void curriculaGrowAndEnd(
            @ForAll @IntRange(min = 1, max = 20) int start,
            @ForAll @IntRange(min = 20, max = 1280) int end,
            @ForAll @LongRange(min = 100, max = 1_000_000) long total) {
        var progressive = new ProgressiveCurriculum(start, end, total);
        var doubling = new DoublingCurriculum(start, end, total);
        var lastP = 0;
        var lastD = 0;
        for (long k = 0; k <= total; k += Math.max(1, total / 97)) {
            assertTrue(progressive.scales(k) >= Math.max(lastP, 2));
            assertTrue(doubling.scales(k) >= Math.max(lastD, 2));
            lastP = progressive.scales(k);
            lastD = doubling.scales(k);
        }
        assertEquals(start + 1, doubling.scales(0));
        assertEquals(end + 1, progressive.scales(total));
        assertEquals(end + 1, progressive.scales(2 * total));
        assertTrue(lastD <= end + 1);
    }

    @Property
    void quantileInvertsTheDistribution(
            @ForAll @Scale(6) @DoubleRange(min = -7, max = 7) double x) {
        var u = Gaussian.cdf(x);
        if (u < 1) {
            // above 0 the numbers u near 1 are coarse: 1e-16 / density(x)
            var grain = 2e-16 / Math.exp(-x * x / 2) * 2.6;
            assertEquals(x, Gaussian.quantile(u), 1e-12 + (x > 0 ? grain : 0));
        }
    }

    @Property
    void targetsLieBelowStudents(
            @ForAll @Scale(6) @DoubleRange(min = 1e-5, max = 1000) double t,
            @ForAll @IntRange(min = 0, max = 12) int stage) {
        var mapping = new EctMapping(2, 8, 1);
        assertTrue(mapping.r(t, stage) >= 0);
        assertTrue(mapping.r(t, stage) < t);
        assertTrue(mapping.r(t, stage + 1) >= mapping.r(t, stage));
    }

    @Property
    void streamsDoNotDependOnTheBatch(
            @ForAll long seed,
            @ForAll @LongRange(min = 0, max = 1L << 40) long first,
            @ForAll @IntRange(min = 1, max = 20) int count) {
        var stream = new Streams(seed).times();
        var together = Streams.uniforms(stream, first, count);
        for (int n = 0; n < count; n++) {
            assertEquals(together[n], Streams.uniforms(stream, first + n, 1)[0]);
            assertTrue(together[n] > 0 && together[n] < 1);
        }
    }
}
