package dev.cm4j.compare;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * {@code lesson.json}: what a training of this comparison cost so far, in all its sessions.
 *
 * @param finished whether the model is there
 * @param minutes on the clock, with reading data and making a teacher's pairs
 * @param energy in the unit
 * @param unit symbol of what was counted; where it changed between sessions the energy is NaN
 * @param source where the energy was read
 */
record LessonRecord(boolean finished, double minutes, double energy, String unit, String source) {

    private static final String NAME = "lesson.json";

    static final LessonRecord NONE = new LessonRecord(false, 0, 0, "", "");

    /** What a folder of a run says, {@link #NONE} where nothing is recorded. */
    static LessonRecord read(Path run) {
        Path file = run.resolve(NAME);
        return Files.exists(file) ? Json.read(file, LessonRecord.class) : NONE;
    }

    void write(Path run) {
        Json.write(run.resolve(NAME), this);
    }

    /** The same after one more session. */
    LessonRecord with(double moreMinutes, double moreEnergy, EnergyMeter meter, boolean done) {
        boolean same = unit.isEmpty() || unit.equals(meter.unit().symbol());
        return new LessonRecord(
                done,
                minutes + moreMinutes,
                same ? energy + moreEnergy : Double.NaN,
                meter.unit().symbol(),
                meter.source());
    }
}
