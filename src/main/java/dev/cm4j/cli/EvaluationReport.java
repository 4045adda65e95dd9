package dev.cm4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.metric.DigitsScore;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A digit score with everything one must know to compare it.
 *
 * @param source what was scored
 * @param score the score
 * @param baseline what the same number of MNIST test digits score, or all there are
 * @param protocol how the pictures came about
 * @param reference the reference set and the classifier
 */
record EvaluationReport(
        String source, DigitsScore score, DigitsScore baseline, String protocol, String reference) {

    private static final double PERCENT = 100;

    /** For people. */
    void text(PrintWriter out) {
        row(out, "source", "%s", source);
        row(out, "fid-digits", "%.3f", score.frechet());
        row(out, "top probability", "%.4f", score.topProbability());
        row(out, "class entropy", "%.4f of at most %.4f", score.entropy(), Math.log(10));
        score.accuracy()
                .ifPresent(share ->
                        row(out, "accuracy", "%.2f %% are the digit asked for", share * PERCENT));
        row(out, "pictures", "%,d", score.count());
        row(
                out,
                "baseline",
                "fid-digits %.3f, top probability %.4f of %,d MNIST test digits",
                baseline.frechet(),
                baseline.topProbability(),
                baseline.count());
        row(out, "protocol", "%s; 84 LeNet-5 features of 28x28 8-bit pictures", protocol);
        row(out, "reference", "%s", reference);
    }

    /** One JSON object. */
    void json(PrintWriter out) {
        try {
            out.println(
                    new ObjectMapper()
                            .writerWithDefaultPrettyPrinter()
                            .writeValueAsString(values()));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write numbers as JSON", e);
        }
    }

    /** A header and a row. */
    void csv(PrintWriter out) {
        out.println(String.join(",", values().keySet()));
        out.println(
                values().values().stream()
                        .map(EvaluationReport::cell)
                        .collect(Collectors.joining(",")));
    }

    private Map<String, Object> values() {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("source", source);
        values.put("fid_digits", score.frechet());
        values.put("top_probability", score.topProbability());
        values.put("class_entropy", score.entropy());
        score.accuracy().ifPresent(share -> values.put("accuracy", share));
        values.put("pictures", score.count());
        values.put("baseline_fid_digits", baseline.frechet());
        values.put("baseline_pictures", baseline.count());
        values.put("protocol", protocol);
        values.put("reference", reference);
        return values;
    }

    private static String cell(Object value) {
        String text = value.toString();
        return text.contains(",") || text.contains("\"")
                ? '"' + text.replace("\"", "\"\"") + '"'
                : text;
    }

    private static void row(PrintWriter out, String name, String format, Object... values) {
        out.printf("%-16s %s%n", name, String.format(Locale.ROOT, format, values));
    }
}
