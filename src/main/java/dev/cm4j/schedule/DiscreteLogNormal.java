package dev.cm4j.schedule;

import java.util.Arrays;

/**
 * A law of grid intervals that imitates log-normal noise levels on a {@link KarrasGrid}.
 *
 * <pre>
 *   p_i ∝ erf((ln σ(i) − mean) / (√2 std)) − erf((ln σ(i+1) − mean) / (√2 std)),   i = 0 … N−2
 * </pre>
 *
 * <p>Interval i reaches from σ(i) down to σ(i+1): the student is evaluated at its upper end, the
 * target at its lower end. The paper counts upwards; its interval n is ours with i = N − 1 − n.
 *
 * <p>Source: Song &amp; Dhariwal 2023, section 3.5.
 *
 * @param mean P_mean, −1.1 in the paper
 * @param std P_std, positive, 2.0 in the paper
 */
public record DiscreteLogNormal(double mean, double std) {

    /**
     * Checks the distribution.
     *
     * @throws IllegalArgumentException if mean is not finite or std not positive
     */
    public DiscreteLogNormal {
        new LogNormalTimes(mean, std);
    }

    /**
     * The probability of each interval.
     *
     * @param grid a grid with at least 2 points
     * @return a new array [N − 1], positive, with sum 1
     */
    public double[] probabilities(KarrasGrid grid) {
        Curriculum.require("points of the grid", grid.points(), 2);
        var p = new double[grid.points() - 1];
        var upper = erfAt(grid.sigma(0));
        for (int i = 0; i < p.length; i++) {
            var lower = erfAt(grid.sigma(i + 1));
            p[i] = upper - lower;
            upper = lower;
        }
        var total = Arrays.stream(p).sum();
        for (int i = 0; i < p.length; i++) {
            p[i] /= total;
        }
        return p;
    }

    /**
     * The running sum of the probabilities, from which {@link #draw} takes intervals.
     *
     * @param grid a grid with at least 2 points
     * @return a new array [N − 1], rising to 1
     */
    public double[] cumulative(KarrasGrid grid) {
        var c = probabilities(grid);
        Arrays.parallelPrefix(c, Double::sum);
        c[c.length - 1] = 1;
        return c;
    }

    /**
     * The interval of a uniform number.
     *
     * @param cumulative what {@link #cumulative} gave
     * @param u in [0, 1)
     * @return index i of the interval from σ(i) to σ(i+1)
     */
    public static int draw(double[] cumulative, double u) {
        var found = Arrays.binarySearch(cumulative, u);
        return found >= 0 ? found + 1 : -found - 1; // first entry above u
    }

    private double erfAt(double sigma) {
        return Gaussian.erf((Math.log(sigma) - mean) / (Math.sqrt(2) * std));
    }
}
