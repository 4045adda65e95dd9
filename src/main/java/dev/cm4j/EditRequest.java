package dev.cm4j;

import dev.cm4j.edit.LevelChoice;
import java.util.OptionalLong;

/**
 * How to edit. Start with {@link #standard} and change what matters.
 *
 * @param levels noise levels an edit passes through
 * @param label class of the pictures; empty: guessed where the model knows classes
 * @param seed result k of picture i depends on the seed, i and k alone
 * @param count results of each picture, at least 1
 * @param batch pictures worked on at a time, at least 1
 */
public record EditRequest(LevelChoice levels, OptionalLong label, long seed, int count, int batch) {

    private static final int STEPS = 10;
    private static final int BATCH = 64;

    /**
     * @throws IllegalArgumentException if count or batch is below 1 or the label negative
     */
    public EditRequest {
        if (count < 1 || batch < 1) {
            throw new IllegalArgumentException(
                    "cannot make %d results in batches of %d; 1 is the least"
                            .formatted(count, batch));
        }
        if (label.isPresent() && label.getAsLong() < 0) {
            throw new IllegalArgumentException(
                    "classes are counted from 0, not " + label.getAsLong());
        }
    }

    /** Ten levels from the largest, one result of each picture, its class guessed, seed 0. */
    public static EditRequest standard() {
        return new EditRequest(LevelChoice.steps(STEPS), OptionalLong.empty(), 0, 1, BATCH);
    }

    /** These noise levels. */
    public EditRequest withLevels(LevelChoice other) {
        return new EditRequest(other, label, seed, count, batch);
    }

    /** Pictures of this class. */
    public EditRequest withLabel(long of) {
        return new EditRequest(levels, OptionalLong.of(of), seed, count, batch);
    }

    /** Other results. */
    public EditRequest withSeed(long other) {
        return new EditRequest(levels, label, other, count, batch);
    }

    /** So many results of each picture. */
    public EditRequest withCount(int other) {
        return new EditRequest(levels, label, seed, other, batch);
    }
}
