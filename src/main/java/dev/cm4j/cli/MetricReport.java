package dev.cm4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.metric.ConfidenceInterval;
import dev.cm4j.metric.PictureScore;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The scores of one source for one or more seeds, each number with its protocol.
 *
 * @param source what was scored
 * @param scores one for each seed, measured alike
 * @param pictures how the pictures came about
 * @param reference what they were compared with, and the network
 * @param note what to keep in mind, may be empty
 */
record MetricReport(
        String source, List<PictureScore> scores, String pictures, String reference, String note) {

    private static final String NUMBER = "%.4f";

    /** For people. */
    void text(PrintWriter out) {
        row(out, "source", source);
        for (PictureScore.Value value : scores.getFirst().values()) {
            String number = interval(value.name()).text(NUMBER);
            if (scores.size() == 1 && value.spread().isPresent()) {
                number += String.format(Locale.ROOT, " ± " + NUMBER, value.spread().getAsDouble());
            }
            row(out, value.name(), number + "  (" + value.protocol() + ")");
        }
        row(out, "pictures", pictures);
        if (scores.size() > 1) {
            row(out, "interval", "95 %% of the mean over %d seeds".formatted(scores.size()));
        }
        row(out, "reference", reference);
        if (!note.isEmpty()) {
            row(out, "note", note);
        }
    }

    /** One JSON object. */
    void json(PrintWriter out) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("source", source);
        all.put("pictures", scores.getFirst().count());
        all.put("seeds", scores.size());
        all.put("made", pictures);
        all.put("reference", reference);
        all.put("note", note);
        List<Map<String, Object>> values = new ArrayList<>();
        for (PictureScore.Value value : scores.getFirst().values()) {
            Map<String, Object> one = new LinkedHashMap<>();
            ConfidenceInterval interval = interval(value.name());
            one.put("name", value.name());
            one.put("value", interval.mean());
            value.spread().ifPresent(spread -> one.put("deviation", spread));
            if (interval.count() > 1) {
                one.put("interval95", interval.halfWidth());
            }
            one.put("protocol", value.protocol());
            values.add(one);
        }
        all.put("values", values);
        try {
            out.println(
                    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write numbers as JSON", e);
        }
    }

    /** A header, and a row for each number. */
    void csv(PrintWriter out) {
        out.println("source,metric,value,interval95,pictures,seeds,protocol");
        for (PictureScore.Value value : scores.getFirst().values()) {
            ConfidenceInterval interval = interval(value.name());
            out.println(
                    String.join(
                            ",",
                            quoted(source),
                            value.name(),
                            Double.toString(interval.mean()),
                            interval.count() > 1 ? Double.toString(interval.halfWidth()) : "",
                            Long.toString(scores.getFirst().count()),
                            Integer.toString(interval.count()),
                            quoted(value.protocol())));
        }
    }

    private ConfidenceInterval interval(String name) {
        return ConfidenceInterval.of(
                scores.stream().mapToDouble(score -> score.value(name).orElseThrow()).toArray());
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }

    private static void row(PrintWriter out, String name, String text) {
        out.printf("%-16s %s%n", name, text);
    }
}
