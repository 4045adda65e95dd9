package dev.cm4j.schedule;

/**
 * A constant target rate: μ(k) = μ₀. With 0 the target is the online network itself.
 *
 * @param rate μ₀ in [0, 1]
 */
public record FixedRate(double rate) implements TargetRate {

    /**
     * Checks μ₀.
     *
     * @throws IllegalArgumentException if rate is outside [0, 1]
     */
    public FixedRate {
        if (!(rate >= 0 && rate <= 1)) {
            throw new IllegalArgumentException(
                    "the target rate must lie in [0, 1], but is " + rate);
        }
    }

    @Override
    public double rate(long step, int scales) {
        return rate;
    }
}
