package dev.cm4j.sample;

import dev.cm4j.schedule.NoiseRange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Coordinate descent: golden section search of each level between its neighbours, over and over,
 * until a sweep over all of them gains nothing.
 *
 * <p>Starts at given levels or at {@link MultistepSampler#ofSteps}, and never ends worse than it
 * started.
 *
 * @param start levels to start at, falling strictly from T, at least 2
 * @param range T, ε and the curvature
 * @param tolerance width in u at which the search of a level ends, in (0, 1)
 * @param sweeps largest number of sweeps, at least 1
 */
public record CoordinateSearch(List<Double> start, NoiseRange range, double tolerance, int sweeps)
        implements SigmaSearch {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if the levels break a rule of {@link
     *     MultistepSampler#atSigmas}, or there is nothing to search
     */
    public CoordinateSearch {
        start = MultistepSampler.atSigmas(start, range).sigmas();
        SolverGrid.requireAtLeast("steps of a search", start.size(), 2);
        SolverGrid.requireAtLeast("sweeps", sweeps, 1);
        GoldenSearch.requireTolerance(tolerance);
    }

    /**
     * A search that starts at the usual levels.
     *
     * @param steps evaluations of the sampler, at least 2
     * @param range T, ε and the curvature
     * @param tolerance width in u, in (0, 1)
     * @return the search, of at most 3 sweeps
     */
    public static CoordinateSearch ofSteps(int steps, NoiseRange range, double tolerance) {
        return new CoordinateSearch(
                MultistepSampler.ofSteps(steps, range).sigmas(), range, tolerance, 3);
    }

    @Override
    public Found search(ToDoubleFunction<List<Double>> score) {
        var cache = new ScoreCache(score);
        var best = start;
        for (int sweep = 0; sweep < sweeps; sweep++) {
            var before = cache.of(best);
            for (int i = 1; i < best.size(); i++) {
                best = moved(best, i, cache);
            }
            if (!(cache.of(best) < before)) {
                break;
            }
        }
        return cache.best(start.size());
    }

    private List<Double> moved(List<Double> levels, int i, ScoreCache cache) {
        var left = position(levels.get(i - 1));
        var right = i + 1 < levels.size() ? position(levels.get(i + 1)) : 1;
        var at =
                GoldenSearch.minimum(
                        left, right, tolerance, u -> cache.of(with(levels, i, range.at(u))));
        var candidate = with(levels, i, range.at(at));
        return cache.of(candidate) < cache.of(levels) ? candidate : levels;
    }

    /** u of a level, the inverse of {@link NoiseRange#at}. */
    private double position(double sigma) {
        var top = Math.pow(range.sigmaMax(), 1 / range.rho());
        var bottom = Math.pow(range.sigmaMin(), 1 / range.rho());
        return (Math.pow(sigma, 1 / range.rho()) - top) / (bottom - top);
    }

    private static List<Double> with(List<Double> levels, int i, double sigma) {
        List<Double> changed = new ArrayList<>(levels);
        changed.set(i, sigma);
        return List.copyOf(changed);
    }
}
