package dev.cm4j.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.nn.UNetBuilder;
import dev.cm4j.preset.ModelCard;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a training cost, in one session, in several, and where one was killed. */
class EntryCostTest {

    private static final LessonRecord RECORD = new LessonRecord(true, 5, 100, "J", "RAPL");

    @TempDir Path folder;

    private static EntryCost cost(double trainedSeconds, LessonRecord lesson) {
        var card =
                new ModelCard(
                        new UNetBuilder().imageSize(28).inChannels(1).outChannels(1).build(),
                        new EdmScalings(.5),
                        new TimeInput(1000),
                        NoiseRange.STANDARD,
                        Map.of(),
                        new ModelCard.Data("digits", 1, 28, 28, List.of(), ""),
                        new ModelCard.Training("tiny", "online", 9, 90, trainedSeconds, 3, "", ""));
        var entry =
                new EntryConfig(
                        "tiny",
                        "digits",
                        Optional.of("x"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
        return EntryCost.of(entry, card, 1000, lesson);
    }

    @Test
    void aRecordOfAllSessionsTellsTimeAndEnergy() {
        EntryCost whole = cost(240, RECORD);
        assertEquals(5, whole.minutes());
        assertEquals(100, whole.energy());
        assertEquals(100, whole.allEnergy());
    }

    @Test
    void theEnergyOfASessionWithoutARecordIsNotKnown() {
        EntryCost killed = cost(3600, RECORD);
        assertEquals(60, killed.minutes());
        assertTrue(Double.isNaN(killed.energy()), "energy of the last session alone");
        assertTrue(Double.isNaN(killed.allEnergy()), "energy of the last session alone");
        assertTrue(Double.isNaN(cost(3600, LessonRecord.NONE).energy()), "no record at all");
        assertTrue(Double.isNaN(cost(0, LessonRecord.NONE).minutes()), "nothing is known");
    }

    @Test
    void aSessionIsWrittenDownAsItGoesOnAndTheNextIsAdded() {
        var meter = new Counter();
        var first = new LessonClock(folder, meter);
        meter.total = 40;
        first.write(false); // and then it is killed
        assertEquals(40, LessonRecord.read(folder).energy());
        assertFalse(LessonRecord.read(folder).finished());
        var second = new LessonClock(folder, meter);
        meter.total = 50;
        second.write(false);
        meter.total = 55;
        second.write(true);
        assertEquals(55, LessonRecord.read(folder).energy());
        assertTrue(LessonRecord.read(folder).finished());
        assertTrue(LessonRecord.read(folder).minutes() > 0, "time passes");
    }

    /** Joules that a test decides. */
    private static final class Counter implements EnergyMeter {

        private double total;

        @Override
        public double total() {
            return total;
        }

        @Override
        public Unit unit() {
            return Unit.JOULES;
        }

        @Override
        public String source() {
            return "a test";
        }

        @Override
        public void close() {}
    }
}
