package dev.cm4j.train;

import dev.cm4j.loss.Objective;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.TargetRate;
import java.util.Optional;

/**
 * A part of a run with one objective.
 *
 * @param name a word for people
 * @param share of the run, relative to the other phases, positive
 * @param objective what is minimised
 * @param targetRate μ of the target network θ⁻ ← μ θ⁻ + (1 − μ) θ; 0 where θ⁻ is θ
 * @param scales N(k) or the stage, as a function of the phase's own steps
 * @param chain stages in which the student becomes the teacher, where the phase has them
 */
public record Phase(
        String name,
        double share,
        Objective objective,
        TargetRate targetRate,
        Scales scales,
        Optional<TeacherChain> chain) {

    /** A phase without grid, whose target network is the student itself: μ and N(k) are 0. */
    public Phase(String name, double share, Objective objective) {
        this(name, share, objective, new FixedRate(0), (step, total) -> 0);
    }

    /** A phase without a chain of teachers. */
    public Phase(
            String name, double share, Objective objective, TargetRate targetRate, Scales scales) {
        this(name, share, objective, targetRate, scales, Optional.empty());
    }

    public Phase {
        if (!(share > 0 && Double.isFinite(share))) {
            throw new IllegalArgumentException(
                    "phase '" + name + "' needs a positive share of the run, but has " + share);
        }
    }

    /**
     * Whether θ⁻ is a teacher, which drops nothing, rather than a student of the past, which drops
     * what the student drops: it follows in stages, or not at all.
     */
    boolean hasTeacherTarget() {
        return chain.isPresent() || targetRate.equals(new FixedRate(1));
    }

    /** How fine the discretisation is. */
    @FunctionalInterface
    public interface Scales {

        /**
         * @param step steps taken in this phase
         * @param totalSteps steps of this phase
         * @return grid points of the curriculum, or the stage of a method without grid
         */
        int at(long step, long totalSteps);
    }
}
