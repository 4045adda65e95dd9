package dev.cm4j.schedule;

import java.util.Optional;

/**
 * The number a network is told about the noise level.
 *
 * <pre>
 *   c_noise(σ) = scale · ¼ ln σ            or, in the form of TrigFlow,
 *   c_noise(σ) = scale · t,   t = atan(σ / σ_d), or as it is,
 *   c_noise(σ) = scale · σ
 * </pre>
 *
 * <p>A property of the network: ¼ ln σ in Karras et al. 2022, 250 ln σ in the original consistency
 * code and in diffusers, t in Lu &amp; Song 2024, σ in cloneofsimo/consistency_models. The
 * logarithm is taken of at least 1e−38, so that σ = 0 gives a large negative number instead of −∞
 * (the original adds 1e−44, which a processor that flushes subnormal numbers turns into 0).
 *
 * @param scale positive
 * @param angle the angles that are told, or empty for logarithms
 * @param form what is told where no angles are: logarithms where empty
 */
public record TimeInput(double scale, Optional<TrigFlow> angle, Optional<Form> form) {

    /** What is told of σ where no angles are. */
    public enum Form {
        /** ¼ ln σ. */
        LOGARITHM,
        /** σ itself. */
        SIGMA
    }

    /** ¼ ln σ. */
    public static final TimeInput EDM = new TimeInput(1);

    /** 250 ln σ. */
    public static final TimeInput OPENAI = new TimeInput(1000);

    /** σ. */
    public static final TimeInput RAW = new TimeInput(1, Optional.empty(), Optional.of(Form.SIGMA));

    private static final double SMALLEST = 1e-38;

    /**
     * Checks the scale and that one form is meant.
     *
     * @throws IllegalArgumentException if scale is not positive and finite, or both an angle and a
     *     form are given
     */
    public TimeInput {
        if (!(scale > 0 && scale < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("the time scale must be positive, but is " + scale);
        }
        if (angle.isPresent() && form.isPresent()) {
            throw new IllegalArgumentException(
                    "the time input is an angle or of form " + form.get() + ", not both");
        }
    }

    /**
     * scale · ¼ ln σ.
     *
     * @param scale positive
     */
    public TimeInput(double scale) {
        this(scale, Optional.empty(), Optional.empty());
    }

    /**
     * The angle t itself.
     *
     * @param sigmaData σ_d, positive
     * @return c_noise(σ) = atan(σ / σ_d)
     */
    public static TimeInput trigFlow(double sigmaData) {
        return new TimeInput(1, Optional.of(new TrigFlow(sigmaData)), Optional.empty());
    }

    /**
     * The network's time input.
     *
     * @param sigma noise level, not negative
     * @return c_noise(σ)
     */
    public double of(double sigma) {
        return scale * angle.map(flow -> flow.angle(sigma)).orElseGet(() -> ofForm(sigma));
    }

    /**
     * How fast the time input changes with the noise level.
     *
     * @param sigma noise level, positive
     * @return dc_noise/dσ
     */
    public double slope(double sigma) {
        return scale * angle.map(flow -> 1 / flow.speed(sigma)).orElseGet(() -> slopeOfForm(sigma));
    }

    private double ofForm(double sigma) {
        return switch (form.orElse(Form.LOGARITHM)) {
            case LOGARITHM -> 0.25 * Math.log(Math.max(sigma, SMALLEST));
            case SIGMA -> sigma;
        };
    }

    private double slopeOfForm(double sigma) {
        return switch (form.orElse(Form.LOGARITHM)) {
            case LOGARITHM -> 0.25 / Math.max(sigma, SMALLEST);
            case SIGMA -> 1;
        };
    }
}
