package dev.cm4j.schedule;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden values of the laws of training noise levels. */
class NoiseTimesTest {

    @Test
    void improvedTrainingAtElevenPoints() {
        var grid = NoiseRange.STANDARD.grid(11);
        double[] sigmas = {
            .002, .0167208, .0850872, .318283, .965417, 2.51522, 5.83895, 12.3816, 24.4083, 45.3137,
            80
        };
        double[] p = {
            .062633, .181737, .245501, .213494, .142446, .080605, .041080, .019580, .008944, .003980
        };
        double[] weights = {
            67.9313, 14.6271, 4.28824, 1.54528, .645244, .300867, .152844, .0831479, .0478345,
            .0288299
        };
        var law = new DiscreteLogNormal(-1.1, 2.0).probabilities(grid);
        for (int n = 0; n < 10; n++) {
            var i = 9 - n; // the paper counts upwards
            assertEquals(sigmas[n], grid.sigma(i + 1), 4e-6 * sigmas[n]);
            assertEquals(p[n], law[i], 6e-7);
            var weight = Weighting.ICT.weight(grid.sigma(i), grid.sigma(i + 1), .5);
            assertEquals(weights[n], weight, 4e-6 * weights[n]);
        }
    }

    @Test
    void drawsFollowTheLaw() {
        double[] cumulative = {.25, .5, 1};
        assertEquals(0, DiscreteLogNormal.draw(cumulative, 0));
        assertEquals(0, DiscreteLogNormal.draw(cumulative, .2499));
        assertEquals(1, DiscreteLogNormal.draw(cumulative, .25));
        assertEquals(2, DiscreteLogNormal.draw(cumulative, .5));
        assertEquals(2, DiscreteLogNormal.draw(cumulative, Math.nextDown(1.0)));

        var grid = NoiseRange.STANDARD.grid(11);
        var law = new DiscreteLogNormal(-1.1, 2.0);
        var c = law.cumulative(grid);
        var p = law.probabilities(grid);
        var counts = new int[10];
        var draws = 200_000;
        for (var u : Streams.uniforms(new Streams(3).times(), 0, draws)) {
            counts[DiscreteLogNormal.draw(c, u)]++;
        }
        for (int i = 0; i < 10; i++) {
            assertEquals(p[i], (double) counts[i] / draws, 5 * Math.sqrt(p[i] / draws));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "2, 0, 1, 0",
        "2, 0, 2, .0463766238",
        "2, 0, 5, 2.36614298",
        "2, 0, 80, 40",
        "2, 1, 1, .212117157",
        "2, 1, 5, 3.68307149",
        "2, 3, .5, .374364833",
        "2, 3, 10, 9.37477301",
        "256, 0, 1, .987689331",
        "256, 0, 80, 79.6875",
        "2, 7, 1, .987689331"
    })
    void easyTuning(double q, int stage, double t, double r) {
        assertEquals(r, new EctMapping(q, 8, 1).r(t, stage), 1e-8 * Math.max(r, 1));
    }

    @Test
    void stages() {
        assertEquals(0, new Stages.Every(250).stage(249, 1000));
        assertEquals(7, new Stages.Every(250).stage(1999, 1000));
        assertEquals(0, new Stages.Equal(4).stage(0, 1000));
        assertEquals(1, new Stages.Equal(4).stage(250, 1000));
        assertEquals(3, new Stages.Equal(4).stage(5000, 1000));
    }

    @ParameterizedTest
    @CsvSource({
        ".5, 0",
        ".975, 1.959963984540054",
        ".025, -1.959963984540054",
        ".001, -3.090232306167813",
        ".8413447460685429, 1",
        "1e-10, -6.361340902404056",
        "1e-300, -37.0471"
    })
    void inverseNormal(double u, double x) {
        assertEquals(x, Gaussian.quantile(u), u < 1e-200 ? 1e-4 : 1e-12);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0",
        ".5, .5204998778130465",
        "1, .8427007929497149",
        "1.9999, 0.9953201979070294",
        "2, .9953222650189527",
        "3, .9999779095030014",
        "-1, -.8427007929497149"
    })
    void errorFunction(double x, double expected) {
        assertEquals(expected, Gaussian.erf(x), 2e-15);
    }

    @Test
    void tailsKeepTheirDigits() {
        assertEquals(1.5374597944280349e-12, Gaussian.erfc(5), 1e-25);
        assertEquals(2.088487583762545e-45, Gaussian.erfc(10), 1e-58);
        assertEquals(2, Gaussian.erfc(-10));
    }

    @Test
    void stratifiedLevelsCoverTheLaw() {
        var law = new LogNormalTimes(-1.2, 1.2);
        var middle = law.stratified(new double[] {.5, .5}, 1, 3);
        assertArrayEquals(new double[] {law.quantile(.5), law.quantile(2.5 / 3)}, middle, 1e-12);
        assertEquals(Math.exp(-1.2), middle[0], 1e-12);
        assertThrows(IllegalArgumentException.class, () -> law.stratified(new double[3], 1, 3));
    }
}
