package dev.cm4j.schedule;

/**
 * The rate μ(k) at which the target network follows the online network: θ⁻ ← μ θ⁻ + (1 − μ) θ.
 *
 * <p>Source: Song et al. 2023, section 5 and appendix C.
 */
public sealed interface TargetRate permits FixedRate, AdaptiveRate {

    /**
     * μ(k).
     *
     * @param step k, steps taken so far
     * @param scales N(k), grid points at that step
     * @return rate in [0, 1]; 0 copies the online weights
     */
    double rate(long step, int scales);

    /**
     * Refuses a pair of rate and curriculum that no method defines.
     *
     * @param curriculum the grid sizes this rate is used with
     * @throws IllegalArgumentException for an adaptive rate without a curriculum that grows step by
     *     step
     */
    default void requireFits(Curriculum curriculum) {
        var fits =
                switch (curriculum) {
                    case ProgressiveCurriculum p -> true;
                    case EpochCurriculum e -> true;
                    case FixedCurriculum f -> this instanceof FixedRate;
                    case DoublingCurriculum d -> this instanceof FixedRate;
                    case HalvingCurriculum h -> this instanceof FixedRate;
                };
        if (!fits) {
            throw new IllegalArgumentException(
                    "an adaptive target rate needs a progressive or epoch curriculum, but the curriculum is "
                            + curriculum
                            + "; use a fixed rate");
        }
    }
}
