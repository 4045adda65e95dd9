package dev.cm4j.sample;

import dev.cm4j.schedule.NoiseRange;
import java.util.List;

/** Published second noise levels of two-step sampling, for models nothing was searched for. */
public enum MiddleSigma {
    /** CIFAR-10: Song &amp; Dhariwal 2024, section 4; kept by Geng et al. 2024. */
    ICT_CIFAR10(0.821),
    /** ImageNet 64×64: Song &amp; Dhariwal 2024, section 4; kept by Geng et al. 2024. */
    ICT_IMAGENET64(1.526),
    /** Truncated consistency models: Lee et al. 2025. */
    TCM(1),
    /** Continuous time, t = 1.1: Lu &amp; Song 2025, appendix; σ = ½ tan t. */
    SCM(0.5 * Math.tan(1.1));

    private final double sigma;

    MiddleSigma(double sigma) {
        this.sigma = sigma;
    }

    /** The level of the second evaluation. */
    public double sigma() {
        return sigma;
    }

    /**
     * Two steps: at T and here.
     *
     * @param range T and ε
     * @return the sampler
     * @throws IllegalArgumentException if the level does not lie inside the range
     */
    public MultistepSampler sampler(NoiseRange range) {
        return MultistepSampler.atSigmas(List.of(range.sigmaMax(), sigma), range);
    }
}
