package dev.cm4j.compare;

import dev.cm4j.report.Html;
import dev.cm4j.report.Stylesheet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * {@code comparison.html}: for each data set quality against evaluations, time, energy, parameters
 * and training, with the fronts of what no other beats; every number with its protocol; pictures
 * from the same noise.
 *
 * <p>The page is complete in itself: no script, no style or picture from elsewhere.
 */
final class ComparisonPage {

    private final Results results;
    private final CellStore store;

    ComparisonPage(Results results, CellStore store) {
        this.results = results;
        this.store = store;
    }

    /** The page. */
    String html() {
        StringBuilder body = new StringBuilder();
        body.append("<header><h1>").append(Html.escaped(results.config().title()));
        body.append("</h1>\n<p>").append(Html.escaped(summary())).append("</p></header>\n");
        if (!results.failures().isEmpty()) {
            append(body, "What could not be done", failures());
        }
        for (DatasetConfig set : results.config().datasets()) {
            append(body, set);
        }
        append(body, "What the words mean", words());
        return Stylesheet.page(results.config().title(), body.toString());
    }

    private String summary() {
        Set<String> machines =
                results.cells().stream()
                        .map(Cell::machine)
                        .collect(Collectors.toCollection(LinkedHashSet::new));
        String numbers =
                String.format(
                        Locale.ROOT,
                        "%,d numbers of %,d models",
                        results.cells().size(),
                        results.costs().size());
        return machines.size() > 1
                ? numbers
                        + " · measured on different machines, so times do not compare: "
                        + machines
                : numbers + machines.stream().map(m -> " · " + m).collect(Collectors.joining());
    }

    private String failures() {
        return results.failures().stream()
                .map(failure -> Html.row(failure.part(), failure.sentence()))
                .collect(Collectors.joining("", "<table>", "</table>\n"));
    }

    private static void append(StringBuilder body, String title, String content) {
        body.append("<section><h2>%s</h2>%n%s</section>%n".formatted(Html.escaped(title), content));
    }

    private void append(StringBuilder body, DatasetConfig set) {
        List<Results.Row> rows = results.rows(set);
        if (rows.isEmpty()) {
            append(body, set.name(), "<p>Nothing is measured yet.</p>\n");
            return;
        }
        Cell first = rows.getFirst().first();
        String head =
                "<p>%s; lower is better. Protocol of every number, but for what its row says: %s.</p>%n"
                        .formatted(
                                Html.escaped(first.metric()),
                                Html.escaped(NumbersTable.common(first)));
        append(
                body,
                set.name(),
                head
                        + new QualityPlots(results, set, rows).html()
                        + new NumbersTable(results, set, rows).html());
        append(body, set.name() + ": training", new TrainingTable(results).html(rows));
        append(body, set.name() + ": the same noise", strips(rows));
    }

    private String strips(List<Results.Row> rows) {
        StringBuilder text = new StringBuilder();
        text.append(TableText.begin(List.of()));
        for (Results.Row row : rows) {
            Cell cell = row.first();
            text.append("<tr>")
                    .append(TableText.cell(cell.entry()))
                    .append(TableText.cell(cell.sampler()))
                    .append(TableText.number(cell.nfe() + " NFE"))
                    .append("<td class=\"strip\">")
                    .append(picture(cell))
                    .append("</td></tr>\n");
        }
        return text.append(TableText.end()).toString();
    }

    private String picture(Cell cell) {
        try {
            return Html.png(
                    Files.readAllBytes(store.strip(cell.strip())),
                    String.format(
                            Locale.ROOT,
                            "%s, %s, %d evaluations",
                            cell.entry(),
                            cell.sampler(),
                            cell.nfe()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + store.strip(cell.strip()), e);
        }
    }

    private String words() {
        String sources =
                results.cells().stream()
                        .map(Cell::source)
                        .distinct()
                        .collect(Collectors.joining("; "));
        return "<table>"
                + Html.row(
                        "NFE",
                        "evaluations of networks for each picture, a starting model's included")
                + Html.row(
                        "time and cost",
                        "of sampling alone, in batches, after a batch to warm up; judging is left out")
                + Html.row("cost, joules or CPU-seconds", sources)
                + Html.row(
                        "front",
                        "Pareto: no other row is better and costs no more, or as good and costs less")
                + Html.row(
                        "minutes of training",
                        "on the clock, with data and a teacher's pairs; with teachers: theirs added")
                + Html.row(
                        "distance",
                        "of Fréchet; it falls with N, so only numbers of equal N and judge compare")
                + Html.row("±", "95 % interval of the mean over seeds")
                + "</table>\n";
    }
}
