package dev.cm4j.compare;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the models cost.
 *
 * @param results all numbers
 */
record TrainingTable(Results results) {

    private static final List<String> HEADS =
            List.of(
                    "model",
                    "preset",
                    "parameters",
                    "steps",
                    "images",
                    "img/s",
                    "minutes",
                    "teacher",
                    "minutes with teachers",
                    "cost with teachers");

    /** The table of the models that rows are of, and of their teachers. */
    String html(List<Results.Row> rows) {
        Set<String> names = new LinkedHashSet<>();
        rows.forEach(row -> withTeachers(row.first().entry(), names));
        StringBuilder text = new StringBuilder(TableText.begin(HEADS));
        for (String name : names) {
            results.cost(name)
                    .ifPresent(cost ->
                            text.append("<tr>")
                                    .append(TableText.cell(cost.entry()))
                                    .append(TableText.cell(cost.preset()))
                                    .append(
                                            TableText.number(
                                                    TableText.format("%,d", cost.parameters())))
                                    .append(TableText.number(TableText.format("%,d", cost.steps())))
                                    .append(
                                            TableText.number(
                                                    TableText.format("%,d", cost.images())))
                                    .append(
                                            TableText.number(
                                                    TableText.format(
                                                            "%.1f", cost.imagesPerSecond())))
                                    .append(
                                            TableText.number(
                                                    TableText.format("%.2f", cost.minutes())))
                                    .append(TableText.cell(cost.teacher()))
                                    .append(
                                            TableText.number(
                                                    TableText.format("%.2f", cost.allMinutes())))
                                    .append(TableText.number(energy(cost)))
                                    .append("</tr>\n"));
        }
        return text.append(TableText.end()).toString();
    }

    private static String energy(EntryCost cost) {
        return Double.isNaN(cost.allEnergy())
                ? "not known"
                : TableText.format("%,.0f", cost.allEnergy()) + " " + cost.unit();
    }

    private void withTeachers(String entry, Set<String> names) {
        results.config().entry(entry).taughtBy().ifPresent(name -> withTeachers(name, names));
        names.add(entry);
    }
}
