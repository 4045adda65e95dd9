package dev.cm4j.sample;

import dev.cm4j.schedule.KarrasGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Ternary search for indices of the training grid, as published but for its end.
 *
 * <pre>
 *   between fixed neighbours l &lt; r:
 *   while r − l ≥ 3:   m₁ = l + ⌊(r − l)/3⌋;   m₂ = r − ⌊(r − l)/3⌋
 *                      if score(m₁) &lt; score(m₂): r = m₂, else l = m₁
 *   answer: the best of l … r, without the fixed ends
 * </pre>
 *
 * <p>Several points are found one by one, the earlier ones fixed; each new one is looked for in
 * every gap. The original code returns stale candidates; here all that are left are scored.
 *
 * <p>Source: Song et al. 2023, section 3; the original consistency code, {@code ternary_search.py}.
 *
 * @param steps evaluations of the sampler, at least 2; the first is at T
 * @param grid the training grid, of more points than steps
 */
public record TernarySearch(int steps, KarrasGrid grid) implements SigmaSearch {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if there is nothing to search, or the grid is too small
     */
    public TernarySearch {
        SolverGrid.requireAtLeast("steps of a search", steps, 2);
        SolverGrid.requireAtLeast("points of the grid", grid.points(), steps + 1);
    }

    @Override
    public Found search(ToDoubleFunction<List<Double>> score) {
        var cache = new ScoreCache(score);
        List<Integer> fixed = new ArrayList<>(List.of(0, grid.points() - 1));
        while (fixed.size() <= steps) {
            fixed = withBest(fixed, cache);
        }
        return cache.best(steps);
    }

    /** The indices of what was found, as {@code --timesteps} takes them. */
    public List<Integer> indices(Found found) {
        List<Integer> indices = new ArrayList<>();
        for (int i = 0; i < grid.points(); i++) {
            if (found.sigmas().contains(grid.sigma(i)) || i == grid.points() - 1) {
                indices.add(i);
            }
        }
        return indices;
    }

    private List<Integer> withBest(List<Integer> fixed, ScoreCache cache) {
        List<Integer> best = List.of();
        for (int gap = 0; gap + 1 < fixed.size(); gap++) {
            if (fixed.get(gap + 1) - fixed.get(gap) < 2) {
                continue;
            }
            var found = inGap(fixed, gap, cache);
            if (best.isEmpty() || score(found, cache) < score(best, cache)) {
                best = found;
            }
        }
        return best;
    }

    private List<Integer> inGap(List<Integer> fixed, int gap, ScoreCache cache) {
        int left = fixed.get(gap);
        int right = fixed.get(gap + 1);
        int l = left;
        int r = right;
        while (r - l >= 3) {
            int m1 = l + (r - l) / 3;
            int m2 = r - (r - l) / 3;
            if (score(with(fixed, gap, m1), cache) < score(with(fixed, gap, m2), cache)) {
                r = m2;
            } else {
                l = m1;
            }
        }
        List<Integer> best = List.of();
        for (int m = Math.max(l, left + 1); m <= Math.min(r, right - 1); m++) {
            var candidate = with(fixed, gap, m);
            if (best.isEmpty() || score(candidate, cache) < score(best, cache)) {
                best = candidate;
            }
        }
        return best;
    }

    private static List<Integer> with(List<Integer> fixed, int gap, int index) {
        List<Integer> more = new ArrayList<>(fixed);
        more.add(gap + 1, index);
        return more;
    }

    private double score(List<Integer> indices, ScoreCache cache) {
        return cache.of(MultistepSampler.atIndices(indices, grid).sigmas());
    }
}
