package dev.cm4j.schedule;

/** The error function and the standard normal distribution, to about 14 digits. */
final class Gaussian {

    private static final double SERIES_LIMIT = 2;

    private Gaussian() {}

    /** erf(x) = 2/√π ∫₀ˣ e^{−u²} du. */
    static double erf(double x) {
        var a = Math.abs(x);
        var value = a < SERIES_LIMIT ? series(a) : 1 - continuedFraction(a);
        return Math.copySign(value, x);
    }

    /** 1 − erf(x), without cancellation for large x. */
    static double erfc(double x) {
        if (x < 0) {
            return 2 - erfc(-x);
        }
        return x < SERIES_LIMIT ? 1 - series(x) : continuedFraction(x);
    }

    /** Φ(x). */
    static double cdf(double x) {
        return 0.5 * erfc(-x / Math.sqrt(2));
    }

    /**
     * Φ⁻¹(u): a start value good to 5e−4 (Abramowitz &amp; Stegun 26.2.23), then Halley's
     * iteration.
     */
    static double quantile(double u) {
        if (!(u > 0 && u < 1)) {
            throw new IllegalArgumentException("a quantile needs 0 < u < 1, but u is " + u);
        }
        var tail = Math.min(u, 1 - u);
        var t = Math.sqrt(-2 * Math.log(tail));
        var x =
                t
                        - (2.515517 + t * (0.802853 + t * 0.010328))
                                / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
        for (int i = 0; i < 3; i++) {
            var density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            var h = (0.5 * erfc(x / Math.sqrt(2)) - tail) / density;
            x += h / (1 - h * x / 2);
        }
        return u < 0.5 ? -x : x;
    }

    /** 2/√π e^{−x²} Σ 2ⁿ x^{2n+1} / (2n+1)!!; all terms are positive. */
    private static double series(double x) {
        var term = x;
        var sum = x;
        for (int n = 1; term > sum * 1e-17; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /** e^{−x²}/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))), evaluated from the tail. */
    private static double continuedFraction(double x) {
        var value = x;
        for (int n = 120; n >= 1; n--) {
            value = x + n / 2.0 / value;
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / value;
    }
}
