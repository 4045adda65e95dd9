package dev.cm4j.edit;

import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.NoiseRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The noise levels an edit passes through. Unlike a sampler's they may begin below T.
 *
 * @param sigmas t_1 … t_m, at which the model is asked, falling strictly, each in (ε, T]
 * @param end t_{m+1}, in [ε, t_m); ε unless noise shall stay in the result
 * @param range T and ε
 */
public record EditLevels(List<Double> sigmas, double end, NoiseRange range) {

    private static final double LAST_STEP = 0.25;

    /**
     * Checks the levels.
     *
     * @throws IllegalArgumentException naming the level that is out of range or out of order
     */
    public EditLevels {
        sigmas = List.copyOf(sigmas);
        if (sigmas.isEmpty()) {
            throw new IllegalArgumentException("an edit needs at least 1 noise level");
        }
        for (double sigma : sigmas) {
            if (!(sigma <= range.sigmaMax())) {
                throw new IllegalArgumentException(
                        "noise level %s is above %s, the largest this model knows"
                                .formatted(sigma, range.sigmaMax()));
            }
            if (!(sigma > range.sigmaMin())) {
                throw new IllegalArgumentException(
                        "noise level %s is not above %s, the smallest this model knows"
                                .formatted(sigma, range.sigmaMin()));
            }
        }
        for (int i = 1; i < sigmas.size(); i++) {
            requireFall(sigmas.get(i - 1), sigmas.get(i), sigmas);
        }
        requireFall(sigmas.getLast(), end, sigmas);
        if (!(end >= range.sigmaMin())) {
            throw new IllegalArgumentException(
                    "the last noise level must be at least %s, but is %s"
                            .formatted(range.sigmaMin(), end));
        }
    }

    /**
     * Levels by themselves, ending without noise.
     *
     * @param sigmas falling strictly
     * @param range T and ε
     * @return the levels
     * @throws IllegalArgumentException naming the rule they break
     */
    public static EditLevels of(List<Double> sigmas, NoiseRange range) {
        return new EditLevels(sigmas, range.sigmaMin(), range);
    }

    /**
     * So many levels from a first one down: σ(u_j), u_j = j/(m − ¼), on the curve that begins
     * there.
     *
     * @param steps m, at least 1
     * @param first t_1
     * @param range T, ε and the curvature
     * @return the levels
     * @throws IllegalArgumentException if steps is below 1 or first outside the range
     */
    public static EditLevels steps(int steps, double first, NoiseRange range) {
        if (steps < 1) {
            throw new IllegalArgumentException("steps must be at least 1, but is " + steps);
        }
        if (steps == 1 || !(first > range.sigmaMin() && first <= range.sigmaMax())) {
            return of(List.of(first), range);
        }
        var curve = new NoiseRange(range.sigmaMin(), first, range.rho());
        Double[] sigmas = new Double[steps];
        Arrays.setAll(sigmas, j -> curve.at(j / (steps - LAST_STEP)));
        return of(List.of(sigmas), range);
    }

    /**
     * Levels as indices of a training grid: {@code 0,22,39} of 40 as the original code writes them,
     * or {@code 22,0}, falling and without the last, as diffusers does.
     *
     * @param indices rising strictly to the grid's last, or falling
     * @param grid the training grid
     * @return the levels; the model is asked at all indices but the last
     * @throws IllegalArgumentException naming the rule they break
     */
    public static EditLevels atIndices(List<Integer> indices, KarrasGrid grid) {
        List<Integer> ts = new ArrayList<>(indices);
        int last = grid.points() - 1;
        if (ts.size() < 2 || ts.getFirst() > ts.getLast()) {
            ts = new ArrayList<>(indices.reversed());
            ts.add(last);
        }
        if (ts.getLast() != last) {
            throw new IllegalArgumentException(
                    "the last index must be %d, the last of %d levels, or noise stays in the"
                                    .formatted(last, grid.points())
                            + " pictures, but the indices are "
                            + indices);
        }
        return atAnyIndices(ts, grid);
    }

    /**
     * As {@link #atIndices} for rising indices, without the rule for the last: to repeat what the
     * original does.
     *
     * @param ts at least two indices, rising strictly
     * @param grid the training grid
     * @return the levels
     * @throws IllegalArgumentException if ts does not rise strictly or leaves the grid
     */
    public static EditLevels atAnyIndices(List<Integer> ts, KarrasGrid grid) {
        for (int i = 0; i < ts.size(); i++) {
            if (ts.get(i) < 0 || ts.get(i) >= grid.points()) {
                throw new IllegalArgumentException(
                        "indices must lie in 0 to %d, but are %s".formatted(grid.points() - 1, ts));
            }
            if (i > 0 && ts.get(i) <= ts.get(i - 1)) {
                throw new IllegalArgumentException(
                        "indices must rise strictly, or fall strictly without the last, but are "
                                + ts);
            }
        }
        if (ts.size() < 2) {
            throw new IllegalArgumentException("at least two indices are needed, not " + ts);
        }
        List<Double> levels = ts.stream().map(grid::sigma).toList();
        return new EditLevels(levels.subList(0, levels.size() - 1), levels.getLast(), grid.range());
    }

    private static void requireFall(double sigma, double next, List<Double> all) {
        if (!(next < sigma)) {
            throw new IllegalArgumentException(
                    "noise levels must fall, but %s follows %s in %s".formatted(next, sigma, all));
        }
    }
}
