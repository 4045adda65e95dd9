package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.image.Picture;
import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.NoiseRange;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RequestTest {

    private static final KarrasGrid GRID = NoiseRange.STANDARD.grid(40);
    private static final Map<Integer, List<Double>> OWN =
            Map.of(1, List.of(80.0), 2, List.of(80.0, .8));

    private static double[] resolve(NoiseLevels levels) {
        return levels.sampler(OWN, GRID).sigmas().stream()
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    @Test
    void stepsAreTheModelsOwnWhereItHasThem() {
        assertArrayEquals(new double[] {80, .8}, resolve(new NoiseLevels.Steps(2)));
        assertArrayEquals(new double[] {80, .8}, resolve(new NoiseLevels.Standard()));
        assertEquals(List.of(80.0), new NoiseLevels.Standard().sampler(Map.of(), GRID).sigmas());
    }

    @Test
    void otherStepsAreSpreadOverTheRange() {
        double[] three = resolve(new NoiseLevels.Steps(3));
        assertEquals(3, three.length);
        assertEquals(80, three[0]);
    }

    @Test
    void timestepsAreIndicesOfTheTrainingGrid() {
        assertArrayEquals(
                new double[] {80, 1.382368},
                resolve(new NoiseLevels.Timesteps(List.of(0, 22, 39), 40)),
                1e-6);
        assertArrayEquals(
                resolve(new NoiseLevels.Timesteps(List.of(0, 22, 39), 40)),
                resolve(new NoiseLevels.Timesteps(List.of(22, 0), 40)));
    }

    @Test
    void diffusersTimestepsAreOnTheModelsOwnGrid() {
        double[] expected = resolve(new NoiseLevels.Timesteps(List.of(0, 22, 39), 40));
        assertArrayEquals(expected, resolve(Request.of(1).withTimesteps(22, 0).levels()));
        assertArrayEquals(
                resolve(new NoiseLevels.Timesteps(List.of(20, 0), 40)),
                resolve(Request.of(1).withNumInferenceSteps(2).levels()));
        for (int[] wrong : new int[][] {{0, 22}, {22}, {}, {22, 22, 0}, {39, 0}, {40, 0}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> resolve(Request.of(1).withTimesteps(wrong).levels()));
        }
        for (int wrong : new int[] {0, 40}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> resolve(Request.of(1).withNumInferenceSteps(wrong).levels()));
        }
    }

    @Test
    void refusesTimestepsThatLeaveNoise() {
        for (List<Integer> wrong :
                List.of(List.of(0, 17, 25), List.of(1, 39), List.of(0, 0, 39), List.of(3))) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> resolve(new NoiseLevels.Timesteps(wrong, 40)));
        }
    }

    @Test
    void refusesSigmasThatRiseOrLeaveTheRange() {
        for (double[] wrong : new double[][] {{.8, 80}, {}, {81}, {80, .001}, {2}}) {
            NoiseLevels levels = Request.of(1).withSigmas(wrong).levels();
            assertThrows(IllegalArgumentException.class, () -> resolve(levels));
        }
    }

    @Test
    void refusesNothing() {
        assertThrows(IllegalArgumentException.class, () -> Request.of(0));
        assertThrows(IllegalArgumentException.class, () -> Request.of(1).withBatch(0));
        assertThrows(IllegalArgumentException.class, () -> Request.of(1).withLabels(-1));
        assertThrows(
                IllegalArgumentException.class, () -> resolve(Request.of(1).withSteps(0).levels()));
    }

    @Test
    void picturesBecomeImages() {
        var grey = new Picture(1, 1, 2, new byte[] {(byte) 200, (byte) 255});
        var red = new Picture(3, 1, 1, new byte[] {(byte) 255, 0, 3});
        assertEquals(
                255,
                new Pictures(List.of(grey), new long[0]).image(0).getRaster().getSample(1, 0, 0));
        assertEquals(0xffff0003, new Pictures(List.of(red), new long[] {4}).image(0).getRGB(0, 0));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Pictures(List.of(grey), new long[] {1, 2}));
        assertThrows(IllegalArgumentException.class, () -> new Pictures(List.of(), new long[0]));
    }
}
