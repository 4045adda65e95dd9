package dev.cm4j.sample;

import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Several evaluations of a consistency function, with fresh noise between them.
 *
 * <pre>
 *   x = T n₀
 *   for i = 1 … m:   x₀ = f(x, σ_i);   x = x₀ + √(σ_{i+1}² − ε²) n_i      σ_{m+1} = ε: no noise
 * </pre>
 *
 * <p>Source: Song et al. 2023, algorithm 1.
 *
 * @param sigmas σ_1 … σ_m, falling strictly, each in [ε, T]
 * @param end σ_{m+1}, in [ε, σ_m); ε unless noise shall stay in the result
 * @param range T and ε
 */
public record MultistepSampler(List<Double> sigmas, double end, NoiseRange range)
        implements ConsistencySampler {

    /**
     * Checks the levels.
     *
     * @throws IllegalArgumentException if there are none, or they do not fall strictly inside the
     *     range
     */
    public MultistepSampler {
        sigmas = List.copyOf(sigmas);
        if (sigmas.isEmpty()) {
            throw new IllegalArgumentException("multistep sampling needs at least 1 noise level");
        }
        var above = Math.nextUp(range.sigmaMax());
        for (double sigma : sigmas) {
            if (!(sigma < above && sigma > end)) {
                throw new IllegalArgumentException(
                        "noise levels must fall strictly from at most %s to above %s, but are %s"
                                .formatted(range.sigmaMax(), end, sigmas));
            }
            above = sigma;
        }
        if (!(end >= range.sigmaMin())) {
            throw new IllegalArgumentException(
                    "the last noise level must be at least %s, but is %s"
                            .formatted(range.sigmaMin(), end));
        }
    }

    /**
     * Levels given as indices of the training grid, as in the original: {@code 0,22,39} of 40.
     *
     * @param ts indices, rising strictly from 0 to the grid's last
     * @param grid the training grid
     * @return the sampler; it evaluates at all indices but the last
     * @throws IllegalArgumentException naming the rule that ts breaks
     */
    public static MultistepSampler atIndices(List<Integer> ts, KarrasGrid grid) {
        var last = grid.points() - 1;
        if (ts.isEmpty() || ts.getFirst() != 0) {
            throw new IllegalArgumentException(
                    "the first index must be 0, where the starting noise belongs, but ts is " + ts);
        }
        if (ts.getLast() != last) {
            throw new IllegalArgumentException(
                    "the last index must be %d, the last of %d levels, or noise stays in the images,"
                                    .formatted(last, grid.points())
                            + " but ts is "
                            + ts);
        }
        return atAnyIndices(ts, grid);
    }

    /**
     * As {@link #atIndices}, without the rules for the first and the last index: for editing, and
     * to repeat what the original does. Noise stays in the result if the last index is not the
     * grid's last.
     *
     * @param ts at least two indices, rising strictly
     * @param grid the training grid
     * @return the sampler; it evaluates at all indices but the last
     * @throws IllegalArgumentException if ts does not rise strictly or leaves the grid
     */
    public static MultistepSampler atAnyIndices(List<Integer> ts, KarrasGrid grid) {
        for (int i = 0; i < ts.size(); i++) {
            if (ts.get(i) < 0 || ts.get(i) >= grid.points()) {
                throw new IllegalArgumentException(
                        "indices must lie in 0 to %d, but ts is %s"
                                .formatted(grid.points() - 1, ts));
            }
            if (i > 0 && ts.get(i) <= ts.get(i - 1)) {
                throw new IllegalArgumentException("indices must rise strictly, but ts is " + ts);
            }
        }
        if (ts.size() < 2) {
            throw new IllegalArgumentException("at least two indices are needed, but ts is " + ts);
        }
        var levels = ts.stream().map(grid::sigma).toList();
        return new MultistepSampler(
                levels.subList(0, levels.size() - 1), levels.getLast(), grid.range());
    }

    /**
     * Levels given by themselves, such as {@code 80,2}.
     *
     * @param sigmas the level of each evaluation, falling strictly from T to above ε
     * @param range T and ε
     * @return the sampler
     * @throws IllegalArgumentException if the levels do not begin at T or do not fall strictly
     */
    public static MultistepSampler atSigmas(List<Double> sigmas, NoiseRange range) {
        if (!sigmas.isEmpty() && sigmas.getFirst() > range.sigmaMax()) {
            throw new IllegalArgumentException(
                    "the noise level %s is above the model's largest, %s"
                            .formatted(sigmas.getFirst(), range.sigmaMax()));
        }
        if (!sigmas.isEmpty() && sigmas.getFirst() != range.sigmaMax()) {
            throw new IllegalArgumentException(
                    "the first noise level must be %s, where the starting noise belongs, but it is"
                                    .formatted(range.sigmaMax())
                            + " %s; lower the range's sigmaMax to start there"
                                    .formatted(sigmas.getFirst()));
        }
        return new MultistepSampler(sigmas, range.sigmaMin(), range);
    }

    /**
     * Levels given as diffusers does: falling indices without the last, {@code 22,0} for 0, 22, 39.
     *
     * @param timesteps indices, falling strictly to 0
     * @param grid the training grid
     * @return the sampler
     * @throws IllegalArgumentException if the indices are none of {@link #atIndices}
     */
    public static MultistepSampler atTimesteps(List<Integer> timesteps, KarrasGrid grid) {
        var ts = new ArrayList<>(timesteps.reversed());
        ts.add(grid.points() - 1);
        return atIndices(ts, grid);
    }

    /**
     * The levels of diffusers for a number of steps: indices j · ⌊N/steps⌋.
     *
     * @param steps number of evaluations, 1 … N − 1
     * @param grid the training grid of N points
     * @return the sampler
     * @throws IllegalArgumentException if the grid has too few points
     */
    public static MultistepSampler evenlyIndexed(int steps, KarrasGrid grid) {
        if (steps < 1 || steps >= grid.points()) {
            throw new IllegalArgumentException(
                    "a grid of %d points gives 1 to %d steps, not %d"
                            .formatted(grid.points(), grid.points() - 1, steps));
        }
        var ts = new Integer[steps + 1];
        Arrays.setAll(ts, j -> j * (grid.points() / steps));
        ts[steps] = grid.points() - 1;
        return atIndices(List.of(ts), grid);
    }

    /**
     * Levels for a number of steps where nothing better was searched: σ(u_j), u_j = j/(m − ¼).
     *
     * <p>The quarter puts the second of two evaluations near σ = 1.3; published choices for two
     * steps lie between 0.8 and 1.9.
     *
     * @param steps m, number of evaluations, at least 1
     * @param range T, ε and the curvature
     * @return the sampler
     * @throws IllegalArgumentException if steps is below 1
     */
    public static MultistepSampler ofSteps(int steps, NoiseRange range) {
        SolverGrid.requireSteps(steps);
        var sigmas = new Double[steps];
        Arrays.setAll(sigmas, j -> range.at(j / (steps - 0.25)));
        return atSigmas(List.of(sigmas), range);
    }

    /** All levels, and the end. */
    double[] path() {
        var levels = new double[sigmas.size() + 1];
        Arrays.setAll(levels, i -> i < sigmas.size() ? sigmas.get(i) : end);
        return levels;
    }

    @Override
    public Tensor sample(Denoiser model, SampleRequest request) {
        if (model instanceof GraphedModel graphed && GraphedModel.serves(this, request)) {
            return graphed.sample(this, request);
        }
        var epsilon = range.sigmaMin();
        return Trajectory.walk(
                model,
                request,
                range.sigmaMax(),
                path(),
                (path, x, sigma, next) ->
                        path.plusNoise(
                                path.denoised(x, sigma),
                                Math.sqrt(next * next - epsilon * epsilon)));
    }

    @Override
    public int evaluations() {
        return sigmas.size();
    }
}
