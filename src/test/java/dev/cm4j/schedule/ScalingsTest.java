package dev.cm4j.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden scalings and time inputs, σ_d 0.5, ε 0.002. */
class ScalingsTest {

    @ParameterizedTest
    @CsvSource({
        ".002, 1, 0, 1.99998400019, -1553.65202461, .999984000256, .00199998400019",
        ".01, .999744065519, .00799840047984, 1.99960011996, -1151.2925465, .999600159936,"
                + " .0099980005998",
        ".1, .963005192524, .0960969062177, 1.96116135138, -575.646273249, .961538461538,"
                + " .0980580675691",
        ".5, .502003999968, .352139177031, 1.41421356237, -173.28679514, .5, .353553390593",
        ".821, .27151454069, .425998711369, 1.04028989345, -49.3080423824, .270550765605,"
                + " .427039001262",
        "1, .200641410461, .446319168309, .894427191, 0, .2, .4472135955",
        "5.23, .0090638874999, .49754025821, .190336747594, 413.602819519, .00905701937115,"
                + " .497730594958",
        "80, 3.90629272264e-05, .499977734905, .0124997558665, 1095.50665867, 3.90609741807e-05,"
                + " .499990234661"
    })
    void golden(
            double t,
            double skip,
            double out,
            double in,
            double time,
            double edmSkip,
            double edmOut) {
        var boundary = new BoundaryScalings(0.5, 0.002);
        var edm = new EdmScalings(0.5);
        near(skip, boundary.cSkip(t));
        near(out, boundary.cOut(t));
        near(in, boundary.cIn(t));
        near(in, edm.cIn(t));
        near(edmSkip, edm.cSkip(t));
        near(edmOut, edm.cOut(t));
        near(time, TimeInput.OPENAI.of(t));
        near(time / 1000, TimeInput.EDM.of(t));
    }

    @Test
    void theSeedsScalings() {
        var seed = new SeedScalings(0.5, 0.002);
        near(0.25 * 79.998 / Math.sqrt(6400.25), seed.cOut(80));
        near(new BoundaryScalings(0.5, 0.002).cSkip(80), seed.cSkip(80));
        assertEquals(1, seed.cIn(80));
    }

    @Test
    void zeroNoiseHasAFiniteTime() {
        near(250 * Math.log(1e-38), TimeInput.OPENAI.of(0));
    }

    @Test
    void weightings() {
        near(4, Weighting.SNR.weight(.5, .1, .5));
        near(5, Weighting.SNR_PLUS_ONE.weight(.5, .1, .5));
        near(8, Weighting.KARRAS.weight(.5, .1, .5));
        near(8, Weighting.SNRPK.weight(.5, .1, .5));
        near(1, Weighting.TRUNCATED_SNR.weight(2, .1, .5));
        near(4, Weighting.TRUNCATED_SNR.weight(.5, .1, .5));
        near(2.5, Weighting.ICT.weight(.5, .1, .5));
        near(2.5, Weighting.ECT.weight(.5, .1, .5));
        near(1, Weighting.UNIFORM.weight(.5, .1, .5));
        near(1 / .353553390593, Weighting.C_OUT.weight(.5, .1, .5));
        near(8, Weighting.C_OUT_SQUARED.weight(.5, .1, .5));
        near(4, Weighting.SIGMA_SQUARED.weight(.5, .1, .5));
        near(1 / Math.sqrt(.4), Weighting.SQRT_DELTA.weight(.5, .1, .5));
        for (var weighting : Weighting.values()) {
            assertEquals(weighting, Weighting.named(weighting.key()));
        }
        assertThrows(IllegalArgumentException.class, () -> Weighting.named("heavy"));
    }

    @Test
    void refusesBadNumbers() {
        assertThrows(IllegalArgumentException.class, () -> new EdmScalings(0));
        assertThrows(IllegalArgumentException.class, () -> new BoundaryScalings(.5, .5));
        assertThrows(IllegalArgumentException.class, () -> new SeedScalings(.5, -1));
        assertThrows(IllegalArgumentException.class, () -> new TimeInput(Double.NaN));
        assertThrows(IllegalArgumentException.class, () -> new TrigFlow(-1));
    }

    private static void near(double expected, double actual) {
        assertEquals(expected, actual, 1e-10 * Math.max(1e-3, Math.abs(expected)));
    }

    @Test
    void trigFlowIsEdmWithTheNetworksSignTurned() {
        var flow = new TrigFlow(.5);
        for (double t : new double[] {0, .3, 1.1, 1.5}) {
            var sigma = flow.sigma(t);
            var scalings = new TrigFlowScalings(.5);
            assertEquals(Math.cos(t) * Math.cos(t), scalings.cSkip(sigma), 1e-14);
            assertEquals(-.5 * Math.sin(t), scalings.cOut(sigma), 1e-14);
            assertEquals(Math.cos(t) / .5, scalings.cIn(sigma), 1e-14);
            assertEquals(t, TimeInput.trigFlow(.5).of(sigma), 1e-14);
        }
    }

    @Test
    void slopesAreThoseOfDifferences() {
        for (Scalings scalings :
                List.of(
                        new BoundaryScalings(.5, .002),
                        new EdmScalings(.4),
                        new SeedScalings(.5, .002),
                        new TrigFlowScalings(.6))) {
            for (double sigma : new double[] {.002, .05, .7, 3, 80}) {
                var h = 1e-5 * sigma;
                var slopes = scalings.slopes(sigma);
                checkSlope(slopes.cSkip(), scalings::cSkip, sigma, h);
                checkSlope(slopes.cOut(), scalings::cOut, sigma, h);
                checkSlope(slopes.cIn(), scalings::cIn, sigma, h);
            }
        }
        for (TimeInput time : List.of(TimeInput.OPENAI, TimeInput.trigFlow(.5), TimeInput.RAW)) {
            checkSlope(time.slope(.7), time::of, .7, 1e-5);
        }
    }

    private static void checkSlope(double slope, DoubleUnaryOperator f, double sigma, double h) {
        var difference = (f.applyAsDouble(sigma + h) - f.applyAsDouble(sigma - h)) / (2 * h);
        assertEquals(difference, slope, 1e-6 * Math.abs(difference) + 1e-9);
    }
}
