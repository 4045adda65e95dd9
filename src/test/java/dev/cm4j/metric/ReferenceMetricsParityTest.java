package dev.cm4j.metric;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenAI's evaluator on the same features; skipped where its results are not there. */
class ReferenceMetricsParityTest {

    private static final Path REFERENCE =
            Path.of(System.getProperty("cm4j.reference", "../shared/reference"));
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    @ParameterizedTest
    @ValueSource(strings = {"metrics", "metrics-unequal"})
    void agreesWithTheEvaluator(String name) throws IOException {
        Path folder = REFERENCE.resolve(name);
        assumeTrue(Files.exists(folder), () -> "no reference results in " + folder);
        JsonNode expected =
                new ObjectMapper().readTree(folder.resolve("case.json").toFile()).path("expected");
        List<Executable> checks = new ArrayList<>();
        try (var file = SafetensorsFile.open(folder.resolve("tensors.safetensors"))) {
            for (Map.Entry<String, JsonNode> entry : expected.properties()) {
                double value = value(entry.getKey(), file);
                JsonNode want = entry.getValue();
                double tolerance =
                        want.get("atol").asDouble()
                                + want.get("rtol").asDouble()
                                        * Math.abs(want.get("value").asDouble());
                checks.add(() ->
                        assertEquals(
                                want.get("value").asDouble(), value, tolerance, entry.getKey()));
            }
        }
        assertAll(checks);
    }

    private static double value(String name, SafetensorsFile file) {
        String[] words = name.split("_");
        return switch (words[0]) {
            case "fid" ->
                    switch (words.length == 1 ? "" : words[1]) {
                        case "self" -> frechet(file, "features_ref", "features_ref");
                        case "swapped" -> frechet(file, "features_sample", "features_ref");
                        default -> frechet(file, "features_ref", "features_sample");
                    };
            case "sfid" -> frechet(file, "spatial_ref", "spatial_sample");
            case "precision" -> covering(file, words[1]).precision();
            case "recall" -> covering(file, words[1]).recall();
            case "inception" -> {
                TensorEntry probs = file.entry("probs");
                int split = Integer.parseInt(words[2].substring("split".length()));
                yield InceptionScore.of(values(probs), (int) probs.shape()[1], split);
            }
            default -> throw new AssertionError("no such metric: " + name);
        };
    }

    private static double frechet(SafetensorsFile file, String first, String second) {
        return FrechetDistance.between(
                statistics(file.entry(first)), statistics(file.entry(second)));
    }

    private static FeatureStatistics statistics(TensorEntry features) {
        var accumulator = new FeatureStatistics.Accumulator((int) features.shape()[1]);
        accumulator.add(values(features));
        return accumulator.statistics();
    }

    private static PrecisionRecall covering(SafetensorsFile file, String neighbours) {
        TensorEntry reference = file.entry("features_ref");
        return PrecisionRecall.of(
                values(reference),
                values(file.entry("features_sample")),
                (int) reference.shape()[1],
                Integer.parseInt(neighbours.substring(1)));
    }

    private static float[] values(TensorEntry entry) {
        return entry.data().toArray(FLOAT);
    }
}
