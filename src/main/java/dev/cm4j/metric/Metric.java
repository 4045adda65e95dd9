package dev.cm4j.metric;

/** What may be asked of a set of pictures. */
public enum Metric {
    /** Fréchet distance of features, {@link FrechetDistance}. */
    FID,
    /** Fréchet distance of Inception's spatial features. */
    SFID,
    /** {@link InceptionScore}. */
    IS,
    /** {@link PrecisionRecall}. */
    PR,
    /** {@link KernelDistance}. */
    KID,
    /** {@link LpipsDiversity}. */
    LPIPS;

    /** Whether it compares with a reference set. */
    public boolean needsReference() {
        return this != IS && this != LPIPS;
    }

    /** Whether it is a distance, so that of two models the lower is better. */
    public boolean isDistance() {
        return this == FID || this == SFID || this == KID;
    }

    /** Whether it compares single features, not their mean and covariance. */
    public boolean needsFeatures() {
        return this == PR || this == KID;
    }
}
