package dev.cm4j.sample;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Scores of lists of noise levels; each is computed once. */
final class ScoreCache {

    private final ToDoubleFunction<List<Double>> score;
    private final Map<List<Double>, Double> known = new LinkedHashMap<>();

    ScoreCache(ToDoubleFunction<List<Double>> score) {
        this.score = score;
    }

    double of(List<Double> sigmas) {
        Double before = known.get(sigmas);
        if (before != null) {
            return before;
        }
        var value = score.applyAsDouble(sigmas);
        known.put(sigmas, Double.isNaN(value) ? Double.POSITIVE_INFINITY : value);
        return known.get(sigmas);
    }

    /** The best list of a length; the first of equals. */
    SigmaSearch.Found best(int points) {
        return known.entrySet().stream()
                .filter(entry -> entry.getKey().size() == points)
                .min(Comparator.comparingDouble(Map.Entry::getValue))
                .map(entry -> new SigmaSearch.Found(entry.getKey(), entry.getValue(), known.size()))
                .orElseThrow(() -> new IllegalStateException("nothing was scored"));
    }
}
