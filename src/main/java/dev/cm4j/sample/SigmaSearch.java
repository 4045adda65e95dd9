package dev.cm4j.sample;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Looks for the noise levels at which multistep sampling scores best.
 *
 * <p>The score is any function of the levels; to compare candidates rather than luck it should draw
 * the same noise for all of them. Each list of levels is scored once.
 */
public sealed interface SigmaSearch permits TernarySearch, GoldenSearch, CoordinateSearch {

    /**
     * What was found.
     *
     * @param sigmas levels of each evaluation, falling from T
     * @param score of those levels
     * @param evaluations how many lists of levels were scored
     */
    record Found(List<Double> sigmas, double score, int evaluations) {}

    /**
     * Searches.
     *
     * @param score of a list of levels, lower is better; called on this thread
     * @return the best levels scored
     */
    Found search(ToDoubleFunction<List<Double>> score);
}
