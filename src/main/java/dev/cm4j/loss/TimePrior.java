package dev.cm4j.loss;

/**
 * The fixed factor of a sample's loss in continuous-time training.
 *
 * <p>Source: Lu &amp; Song 2024, algorithm 1, which has 1/σ; re-implementations found it unstable
 * on small data and use 1.
 */
public enum TimePrior {
    /** 1. */
    NONE,
    /** 1/σ = 1/(σ_d tan t). */
    INV_SIGMA;

    /**
     * The factor.
     *
     * @param sigma noise level, positive
     */
    double weight(double sigma) {
        return this == NONE ? 1 : 1 / sigma;
    }
}
