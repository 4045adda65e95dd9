package dev.cm4j.schedule;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * The weight λ of a sample in the loss, from its noise level t and that of its target r.
 *
 * <pre>
 *   uniform        1                        every published consistency run
 *   snr            t⁻²
 *   snr+1          t⁻² + 1
 *   karras         t⁻² + σ_d⁻²              Karras et al. 2022, section 5
 *   truncated-snr  max(t⁻², 1)              Salimans &amp; Ho 2022, section 4
 *   ict            1 / (t − r)              Song &amp; Dhariwal 2023, equation 12
 *   ect            1 / (t − r)              Geng et al. 2024, CIFAR-10
 *   snrpk          (t² + σ_d²) / (t σ_d)²   Geng et al. 2024, ImageNet
 *   c-out          1 / c_out(t)             with c_out of {@link EdmScalings}
 *   c-out-squared  1 / c_out(t)²
 *   sigma-squared  1 / t²
 *   sqrt-delta     1 / √(t − r)
 * </pre>
 */
public enum Weighting {
    /** λ = 1. */
    UNIFORM("uniform"),
    /** λ = t⁻². */
    SNR("snr"),
    /** λ = t⁻² + 1. */
    SNR_PLUS_ONE("snr+1"),
    /** λ = t⁻² + σ_d⁻². */
    KARRAS("karras"),
    /** λ = max(t⁻², 1). */
    TRUNCATED_SNR("truncated-snr"),
    /** λ = 1 / (t − r). */
    ICT("ict"),
    /** λ = 1 / (t − r). */
    ECT("ect"),
    /** λ = (t² + σ_d²) / (t σ_d)². */
    SNRPK("snrpk"),
    /** λ = 1 / c_out(t). */
    C_OUT("c-out"),
    /** λ = 1 / c_out(t)². */
    C_OUT_SQUARED("c-out-squared"),
    /** λ = 1 / t². */
    SIGMA_SQUARED("sigma-squared"),
    /** λ = 1 / √(t − r). */
    SQRT_DELTA("sqrt-delta");

    private final String key;

    Weighting(String key) {
        this.key = key;
    }

    /**
     * The name used in presets and on the command line.
     *
     * @return for example {@code truncated-snr}
     */
    public String key() {
        return key;
    }

    /**
     * The weighting of a name.
     *
     * @param key one of the names in the table above
     * @return the weighting
     * @throws IllegalArgumentException if no weighting has this name; the message lists all
     */
    public static Weighting named(String key) {
        return Arrays.stream(values())
                .filter(w -> w.key.equals(key))
                .findFirst()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "no weighting is called "
                                        + key
                                        + "; there are "
                                        + Arrays.stream(values())
                                                .map(Weighting::key)
                                                .collect(Collectors.joining(", "))));
    }

    /**
     * λ(t, r).
     *
     * @param t noise level of the sample, positive
     * @param r noise level of its target, below t; ignored where the formula has no r
     * @param sigmaData σ_d, positive
     * @return the weight, positive
     */
    public double weight(double t, double r, double sigmaData) {
        return switch (this) {
            case UNIFORM -> 1;
            case SNR, SIGMA_SQUARED -> 1 / (t * t);
            case SNR_PLUS_ONE -> 1 / (t * t) + 1;
            case KARRAS -> 1 / (t * t) + 1 / (sigmaData * sigmaData);
            case TRUNCATED_SNR -> Math.max(1 / (t * t), 1);
            case ICT, ECT -> 1 / (t - r);
            case SNRPK -> (t * t + sigmaData * sigmaData) / (t * sigmaData * t * sigmaData);
            case C_OUT -> 1 / new EdmScalings(sigmaData).cOut(t);
            case C_OUT_SQUARED -> Math.pow(new EdmScalings(sigmaData).cOut(t), -2);
            case SQRT_DELTA -> 1 / Math.sqrt(t - r);
        };
    }
}
