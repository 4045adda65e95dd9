package dev.cm4j.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden tables of grid size and target rate. */
class CurriculumTest {

    @ParameterizedTest
    @CsvSource({
        "0, 2, .902500, .950000",
        "10, 3, .950000, .966383",
        "100, 4, .966383, .974679",
        "1000, 8, .985452, .987259",
        "10000, 23, .995348, .995550",
        "100000, 72, .998556, .998576",
        "400000, 143, .999278, .999283",
        "800000, 201, .999487, .999490",
        "960000, 201, .999487, .999490"
    })
    void imageNetTraining(long step, int scales, double code, double paper) {
        var n = new ProgressiveCurriculum(2, 200, 800_000).scales(step);
        assertEquals(scales, n);
        assertEquals(code, new AdaptiveRate(.95, 2, AdaptiveRate.Divisor.CODE).rate(step, n), 6e-7);
        assertEquals(
                paper, new AdaptiveRate(.95, 2, AdaptiveRate.Divisor.PAPER).rate(step, n), 6e-7);
    }

    /** 99 epochs of 469 batches; each epoch has one grid from its first step to its last. */
    @ParameterizedTest
    @CsvSource({"1, 16, .993609", "50, 107, .999042", "99, 150, .999316"})
    void seedEpochs(long epoch, int scales, double rate) {
        var curriculum = new EpochCurriculum(2, 149, 100, 99 * 469);
        for (long step : new long[] {469 * (epoch - 1), 469 * epoch - 1}) {
            assertEquals(epoch, curriculum.epoch(step));
            assertEquals(scales, curriculum.scales(step));
            var paper = new AdaptiveRate(.95, 2, AdaptiveRate.Divisor.PAPER);
            paper.requireFits(curriculum);
            assertEquals(rate, paper.rate(step, scales), 6e-7);
        }
        assertEquals(150, curriculum.scales(1_000_000));
        assertThrows(IllegalArgumentException.class, () -> new EpochCurriculum(2, 149, 1, 1000));
    }

    @Test
    void theOriginalGrowsBeyondItsEnd() {
        var original = new ProgressiveCurriculum(2, 200, 800_000, false);
        assertEquals(201, original.scales(800_000));
        assertEquals(221, original.scales(960_000));
    }

    @ParameterizedTest
    @CsvSource({"0, 2, .81", "1000, 6, .958732", "400000, 107, .998014", "800000, 151, .998596"})
    void cifarTraining(long step, int scales, double rate) {
        var n = new ProgressiveCurriculum(2, 150, 800_000).scales(step);
        assertEquals(scales, n);
        assertEquals(rate, new AdaptiveRate(.9, 2, AdaptiveRate.Divisor.CODE).rate(step, n), 6e-7);
    }

    @ParameterizedTest
    @CsvSource({"1, 16, .993609", "50, 107, .999042", "99, 150, .999316"})
    void theSeedsEpochs(long epoch, int scales, double rate) {
        var n = new ProgressiveCurriculum(2, 149, 100).scales(epoch); // (s1 + 1)² = 150²
        assertEquals(scales, n);
        assertEquals(
                rate, new AdaptiveRate(.95, 2, AdaptiveRate.Divisor.PAPER).rate(epoch, n), 6e-7);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4096",
        "49999, 4096",
        "50000, 2048",
        "549999, 4",
        "550000, 2",
        "649999, 2",
        "650000, 1",
        "950001, 1"
    })
    void progressiveDistillation(long step, int scales) {
        assertEquals(scales, new HalvingCurriculum(4096, 50_000).scales(step));
    }

    @Test
    void progressiveDistillationEnds() {
        assertEquals(750_000, new HalvingCurriculum(4096, 50_000).totalSteps());
    }

    @Test
    void stagesOfProgressiveDistillationFollowEachOther() {
        for (var first : new int[] {2, 6, 8, 64, 100}) {
            var curriculum = new HalvingCurriculum(first, 10);
            var step = 0L;
            for (int scales; step < curriculum.totalSteps(); step += curriculum.length(scales)) {
                scales = curriculum.scales(step);
                assertEquals(step, curriculum.begin(scales), "N " + scales + " from " + first);
                assertEquals(
                        scales, curriculum.scales(step + curriculum.length(scales) - 1), "end");
            }
            assertEquals(curriculum.totalSteps(), step);
        }
    }

    @Test
    void progressiveDistillationFillsARun() {
        assertEquals(new HalvingCurriculum(4096, 50_000), HalvingCurriculum.over(4096, 750_000));
        assertEquals(new HalvingCurriculum(4, 4), HalvingCurriculum.over(4, 20));
        assertThrows(IllegalArgumentException.class, () -> HalvingCurriculum.over(4, 4));
    }

    @Test
    void improvedTrainingDoubles() {
        var curriculum = new DoublingCurriculum(10, 1280, 400_000);
        int[] expected = {11, 21, 41, 81, 161, 321, 641, 1281, 1281};
        for (int stage = 0; stage < expected.length; stage++) {
            assertEquals(expected[stage], curriculum.scales(50_000L * stage));
            assertEquals(expected[stage], curriculum.scales(50_000L * stage + 49_999));
        }
        assertEquals(1281, curriculum.scales(Long.MAX_VALUE));
    }

    @Test
    void validPairs() {
        var adaptive = new AdaptiveRate(.95, 2, AdaptiveRate.Divisor.CODE);
        var fixed = new FixedRate(.95);
        adaptive.requireFits(new ProgressiveCurriculum(2, 200, 10));
        fixed.requireFits(new ProgressiveCurriculum(2, 200, 10));
        fixed.requireFits(new FixedCurriculum(40));
        fixed.requireFits(new HalvingCurriculum(64, 10));
        new FixedRate(0).requireFits(new DoublingCurriculum(10, 1280, 100));
        assertThrows(
                IllegalArgumentException.class,
                () -> adaptive.requireFits(new FixedCurriculum(40)));
        assertThrows(
                IllegalArgumentException.class,
                () -> adaptive.requireFits(new HalvingCurriculum(64, 10)));
    }

    @Test
    void refusesBadNumbers() {
        assertThrows(IllegalArgumentException.class, () -> new FixedCurriculum(1));
        assertThrows(IllegalArgumentException.class, () -> new FixedRate(1.1));
        assertThrows(IllegalArgumentException.class, () -> new ProgressiveCurriculum(3, 2, 10));
        assertThrows(IllegalArgumentException.class, () -> new DoublingCurriculum(10, 1280, 7));
        assertThrows(IllegalArgumentException.class, () -> new HalvingCurriculum(1, 10));
    }
}
