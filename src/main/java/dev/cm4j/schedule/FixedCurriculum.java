package dev.cm4j.schedule;

/**
 * The same grid throughout: N(k) = N. Used by every published distillation run (N 40 or 18).
 *
 * @param scales N, at least 2
 */
public record FixedCurriculum(int scales) implements Curriculum {

    /**
     * Checks N.
     *
     * @throws IllegalArgumentException if scales is below 2
     */
    public FixedCurriculum {
        Curriculum.require("scales", scales, 2);
    }

    @Override
    public int scales(long step) {
        return scales;
    }
}
