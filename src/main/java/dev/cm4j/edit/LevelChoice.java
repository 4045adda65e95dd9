package dev.cm4j.edit;

import dev.cm4j.schedule.NoiseRange;
import java.util.List;

/** Noise levels of an edit in one of the ways people write them, for a model still to be chosen. */
@FunctionalInterface
public interface LevelChoice {

    /**
     * The levels on a model's range.
     *
     * @param range T, ε and the curvature
     * @return the levels
     * @throws IllegalArgumentException naming the rule they break
     */
    EditLevels levels(NoiseRange range);

    /**
     * So many levels from T down.
     *
     * @param count at least 1
     * @return the choice
     */
    static LevelChoice steps(int count) {
        return range -> EditLevels.steps(count, range.sigmaMax(), range);
    }

    /**
     * So many levels from a first one down.
     *
     * @param first t_1, at most T
     * @param count at least 1
     * @return the choice
     */
    static LevelChoice stepsFrom(double first, int count) {
        return range -> EditLevels.steps(count, first, range);
    }

    /**
     * Levels by themselves, such as 5.38, 2.24, 0.9.
     *
     * @param sigmas falling strictly, at most T
     * @return the choice
     */
    static LevelChoice sigmas(List<Double> sigmas) {
        return range -> EditLevels.of(sigmas, range);
    }

    /**
     * Indices of a training grid, as {@link EditLevels#atIndices} takes them.
     *
     * @param indices rising to scales − 1, or falling without it
     * @param scales N, points of the grid
     * @return the choice
     */
    static LevelChoice timesteps(List<Integer> indices, int scales) {
        return range -> EditLevels.atIndices(indices, range.grid(scales));
    }
}
