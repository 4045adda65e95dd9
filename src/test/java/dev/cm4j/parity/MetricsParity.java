package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.metric.FeatureStatistics;
import dev.cm4j.metric.FrechetDistance;
import dev.cm4j.metric.InceptionScore;
import dev.cm4j.metric.PrecisionRecall;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.function.Executable;

/** OpenAI's evaluator on recorded features. */
final class MetricsParity {

    private static final Pattern RADII = Pattern.compile("radii_(ref|sample)_k(\\d+)");

    /** The evaluator takes means in float32, the rest in double, each in its own order. */
    private static final double SINGLE = 2e-6;

    private static final double DOUBLE = 1e-9;

    private MetricsParity() {}

    static void metrics(ReferenceCase reference) {
        reference
                .get("tensors")
                .fieldNames()
                .forEachRemaining(name -> {
                    var radii = RADII.matcher(name);
                    if (radii.matches()) {
                        float[] features = features(reference, "features_" + radii.group(1));
                        int dimension = dimension(reference, "features_" + radii.group(1));
                        int neighbours = Integer.parseInt(radii.group(2));
                        reference.check(
                                name,
                                PrecisionRecall.radii(features, dimension, neighbours),
                                DOUBLE);
                    } else if (name.startsWith("mu_")) {
                        reference.check(
                                name,
                                statistics(reference, source(reference, name)).mean(),
                                SINGLE);
                    } else if (name.startsWith("sigma_")) {
                        double[][] covariance =
                                statistics(reference, source(reference, name)).covariance();
                        reference.check(
                                name,
                                Arrays.stream(covariance).flatMapToDouble(Arrays::stream).toArray(),
                                DOUBLE);
                    }
                });
        List<Executable> checks = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : reference.get("expected").properties()) {
            double ours = value(entry.getKey(), reference);
            double expected = entry.getValue().get("value").asDouble();
            double tolerance =
                    entry.getValue().get("atol").asDouble()
                            + entry.getValue().get("rtol").asDouble() * Math.abs(expected);
            checks.add(() -> assertEquals(expected, ours, tolerance, entry.getKey()));
        }
        assertAll(checks);
    }

    /** The features that a mean or covariance is of. */
    private static String source(ReferenceCase reference, String name) {
        String set = name.substring(name.indexOf('_') + 1);
        return reference.has("features_" + set) ? "features_" + set : set;
    }

    private static double value(String name, ReferenceCase reference) {
        String[] words = name.split("_");
        return switch (words[0]) {
            case "fid" ->
                    switch (words.length == 1 ? "" : words[1]) {
                        case "self" -> frechet(reference, "features_ref", "features_ref");
                        case "swapped" -> frechet(reference, "features_sample", "features_ref");
                        default -> frechet(reference, "features_ref", "features_sample");
                    };
            case "sfid" -> frechet(reference, "spatial_ref", "spatial_sample");
            case "precision" -> covering(reference, words[1]).precision();
            case "recall" -> covering(reference, words[1]).recall();
            case "inception" ->
                    InceptionScore.of(
                            features(reference, "probs"),
                            dimension(reference, "probs"),
                            Integer.parseInt(words[2].substring("split".length())));
            default -> throw new AssertionError("no such metric: " + name);
        };
    }

    private static double frechet(ReferenceCase reference, String first, String second) {
        return FrechetDistance.between(statistics(reference, first), statistics(reference, second));
    }

    private static FeatureStatistics statistics(ReferenceCase reference, String name) {
        var accumulator = new FeatureStatistics.Accumulator(dimension(reference, name));
        accumulator.add(features(reference, name));
        return accumulator.statistics();
    }

    private static PrecisionRecall covering(ReferenceCase reference, String neighbours) {
        return PrecisionRecall.of(
                features(reference, "features_ref"),
                features(reference, "features_sample"),
                dimension(reference, "features_ref"),
                Integer.parseInt(neighbours.substring(1)));
    }

    private static float[] features(ReferenceCase reference, String name) {
        return reference.tensor(name).toFloats();
    }

    private static int dimension(ReferenceCase reference, String name) {
        Tensor tensor = reference.tensor(name);
        return Math.toIntExact(tensor.size(tensor.rank() - 1));
    }
}
