package dev.cm4j.metric;

import java.util.Locale;

/**
 * Mean of a score over several seeds, with how far it may be off.
 *
 * <pre>
 *   mean ± t · s/√n,   s² = Σ (x − mean)²/(n − 1)
 * </pre>
 *
 * t is the 97.5 % point of Student's distribution with n − 1 degrees of freedom, so the interval
 * holds the expected score in 95 of 100 cases. It says nothing of the bias of a Fréchet distance of
 * few pictures, which all seeds share.
 *
 * @param mean of the scores
 * @param halfWidth of the interval; NaN for one score
 * @param count number of scores, n
 */
public record ConfidenceInterval(double mean, double halfWidth, int count) {

    /** t for 1, 2, … degrees of freedom. */
    private static final double[] STUDENT = {
        12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281, 2.2010,
        2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860, 2.0796, 2.0739,
        2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423
    };

    /** The 97.5 % point of the normal distribution. */
    private static final double NORMAL = 1.9600;

    /**
     * The interval of some scores.
     *
     * @param scores one for each seed
     * @return their mean and how far it may be off
     * @throws IllegalArgumentException if there are none
     */
    public static ConfidenceInterval of(double... scores) {
        int n = scores.length;
        if (n == 0) {
            throw new IllegalArgumentException("a mean needs at least one score, found none");
        }
        double mean = 0;
        for (double score : scores) {
            mean += score / n;
        }
        double squares = 0;
        for (double score : scores) {
            squares += (score - mean) * (score - mean);
        }
        double student = n - 2 < 0 ? Double.NaN : student(n - 1);
        return new ConfidenceInterval(mean, student * Math.sqrt(squares / (n - 1) / n), n);
    }

    private static double student(int freedom) {
        if (freedom <= STUDENT.length) {
            return STUDENT[freedom - 1];
        }
        return NORMAL + 2.42 / freedom; // within 0.002 of the true value
    }

    /** {@code 3.412}, or {@code 3.412 ± 0.057} where there are several scores. */
    public String text(String format) {
        String value = String.format(Locale.ROOT, format, mean);
        return count == 1 ? value : value + " ± " + String.format(Locale.ROOT, format, halfWidth);
    }
}
