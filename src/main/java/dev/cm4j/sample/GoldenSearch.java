package dev.cm4j.sample;

import dev.cm4j.schedule.NoiseRange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.ToDoubleFunction;

/**
 * Golden section search for one level after another, in the even coordinate u of the range.
 *
 * <pre>
 *   σ(u) between fixed neighbours, l &lt; r;   g = (√5 − 1)/2
 *   while r − l &gt; tolerance:   m₁ = r − g (r − l);   m₂ = l + g (r − l)
 *                              if score(m₁) &lt; score(m₂): r = m₂, else l = m₁
 * </pre>
 *
 * <p>One of the two scores of each turn is known from the turn before. Each new point is looked for
 * below the last; {@link CoordinateSearch} then moves all of them.
 *
 * <p>Source: Kiefer 1953.
 *
 * @param steps evaluations of the sampler, at least 2; the first is at T
 * @param range T, ε and the curvature
 * @param tolerance width in u at which a search ends, in (0, 1)
 */
public record GoldenSearch(int steps, NoiseRange range, double tolerance) implements SigmaSearch {

    private static final double GOLDEN = (Math.sqrt(5) - 1) / 2;

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if there is nothing to search or the tolerance is none
     */
    public GoldenSearch {
        SolverGrid.requireAtLeast("steps of a search", steps, 2);
        requireTolerance(tolerance);
    }

    @Override
    public Found search(ToDoubleFunction<List<Double>> score) {
        var cache = new ScoreCache(score);
        List<Double> us = new ArrayList<>(List.of(0.0));
        while (us.size() < steps) {
            List<Double> before = List.copyOf(us);
            us.add(
                    minimum(
                            us.getLast(),
                            1,
                            tolerance,
                            u -> {
                                List<Double> candidate = new ArrayList<>(before);
                                candidate.add(u);
                                return cache.of(sigmas(candidate, range));
                            }));
        }
        return cache.best(steps);
    }

    /** Levels at positions u. */
    static List<Double> sigmas(List<Double> us, NoiseRange range) {
        return us.stream().map(range::at).toList();
    }

    /** Where in (left, right) a function of one valley is least; scores no end. */
    static double minimum(
            double left, double right, double tolerance, DoubleUnaryOperator function) {
        var l = left;
        var r = right;
        var m1 = r - GOLDEN * (r - l);
        var m2 = l + GOLDEN * (r - l);
        var f1 = function.applyAsDouble(m1);
        var f2 = function.applyAsDouble(m2);
        while (r - l > tolerance) {
            if (f1 < f2) {
                r = m2;
                m2 = m1;
                f2 = f1;
                m1 = r - GOLDEN * (r - l);
                f1 = function.applyAsDouble(m1);
            } else {
                l = m1;
                m1 = m2;
                f1 = f2;
                m2 = l + GOLDEN * (r - l);
                f2 = function.applyAsDouble(m2);
            }
        }
        return f1 < f2 ? m1 : m2;
    }

    /** Refuses a width that is none. */
    static void requireTolerance(double tolerance) {
        if (!(tolerance > 0 && tolerance < 1)) {
            throw new IllegalArgumentException(
                    "tolerance must lie between 0 and 1, but is " + tolerance);
        }
    }
}
