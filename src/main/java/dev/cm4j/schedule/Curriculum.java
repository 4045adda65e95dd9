package dev.cm4j.schedule;

/**
 * The number of grid points N(k) after k optimiser steps.
 *
 * <p>The step is the number of steps already taken: the first batch is drawn with N(0).
 */
public sealed interface Curriculum
        permits FixedCurriculum,
                ProgressiveCurriculum,
                EpochCurriculum,
                DoublingCurriculum,
                HalvingCurriculum {

    /**
     * N(k).
     *
     * @param step k, steps taken so far, not negative
     * @return number of grid points; at least 2, except in {@link HalvingCurriculum}, where it is
     *     the number of student steps and ends at 1
     */
    int scales(long step);

    /**
     * Refuses a negative or zero count.
     *
     * @param what name of the number, for the message
     * @param value the number
     * @param least smallest valid value
     * @throws IllegalArgumentException if value is below least
     */
    static void require(String what, long value, long least) {
        if (value < least) {
            throw new IllegalArgumentException(
                    what + " must be at least " + least + ", but is " + value);
        }
    }
}
