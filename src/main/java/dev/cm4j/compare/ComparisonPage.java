package dev.cm4j.compare;

import dev.cm4j.report.Curve;
import dev.cm4j.report.Html;
import dev.cm4j.report.Plot;
import dev.cm4j.report.Stylesheet;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * {@code comparison.html}: for each data set quality against evaluations, time, energy, parameters
 * and training, with the fronts of what no other beats; every number with its protocol; pictures
 * from the same noise.
 *
 * <p>The page is complete in itself: no script, no style or picture from elsewhere.
 */
final class ComparisonPage {

    private static final String NUMBER = "%.2f";

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
                "%,d numbers of %,d models"
                        .formatted(results.cells().size(), results.costs().size());
        return machines.size() > 1
                ? numbers
                        + " · measured on different machines, so times do not compare: "
                        + machines
                : numbers + machines.stream().map(m -> " · " + m).collect(Collectors.joining());
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
        String metric = first.metric();
        Map<String, Integer> looks = new LinkedHashMap<>();
        rows.forEach(row -> looks.putIfAbsent(row.series(), looks.size()));
        String head =
                "<p>%s; lower is better. Protocol of every number, but for what its row says: %s.</p>%n"
                        .formatted(Html.escaped(metric), Html.escaped(common(first)));
        append(
                body,
                set.name(),
                head + legend(looks) + plots(set, rows, metric, looks) + table(set, rows));
        append(body, set.name() + ": training", training(rows));
        append(body, set.name() + ": the same noise", strips(rows));
    }

    private static String legend(Map<String, Integer> looks) {
        return looks.entrySet().stream()
                .map(e ->
                        "<li><span style=\"color:%s\">%s</span> %s</li>"
                                .formatted(
                                        Plot.colour(e.getValue()),
                                        Plot.sign(e.getValue()),
                                        Html.escaped(e.getKey())))
                .collect(
                        Collectors.joining(
                                "", "<ul class=\"legend\">", "<li>╌ Pareto front</li></ul>\n"));
    }

    private String plots(
            DatasetConfig set, List<Results.Row> rows, String metric, Map<String, Integer> looks) {
        EnergyMeter.Unit unit = unit(rows);
        List<Plot> plots = new ArrayList<>();
        plots.add(
                plot(
                        metric + " by evaluations",
                        "evaluations a picture",
                        rows,
                        looks,
                        ComparisonPage::nfe));
        plots.add(
                plot(
                        metric + " by time",
                        "milliseconds a picture",
                        rows,
                        looks,
                        Results.Row::milliseconds));
        plots.add(
                plot(
                        metric + " by " + unit.words(),
                        unit.words() + " a picture",
                        rows,
                        looks,
                        Results.Row::energy));
        List<Results.Row> best = best(rows);
        plots.add(
                plot(
                        metric + " at its best, by training",
                        "minutes, teachers included",
                        best,
                        looks,
                        row -> cost(row, EntryCost::allMinutes)));
        if (best.stream().mapToDouble(row -> cost(row, EntryCost::parameters)).distinct().count()
                > 1) {
            plots.add(
                    plot(
                            metric + " at its best, by parameters",
                            "parameters",
                            best,
                            looks,
                            row -> cost(row, EntryCost::parameters)));
        }
        if (rows.stream().allMatch(row -> Results.comparable(row.first()))) {
            plots.add(publishedPlot(set, rows, metric, looks));
        }
        return plots.stream()
                .filter(plot -> !plot.isEmpty())
                .map(plot ->
                        "<figure><figcaption>%s</figcaption>%s</figure>%n"
                                .formatted(Html.escaped(plot.title()), plot.svg()))
                .collect(Collectors.joining("", "<div class=\"plots\">\n", "</div>\n"));
    }

    private static EnergyMeter.Unit unit(List<Results.Row> rows) {
        boolean joules =
                rows.stream()
                        .flatMap(row -> row.cells().stream())
                        .allMatch(cell -> cell.unit().equals(EnergyMeter.Unit.JOULES.symbol()));
        return joules ? EnergyMeter.Unit.JOULES : EnergyMeter.Unit.CPU_SECONDS;
    }

    private static double nfe(Results.Row row) {
        return row.first().nfe();
    }

    private double cost(Results.Row row, ToDoubleFunction<EntryCost> of) {
        return results.cost(row.first().entry()).map(of::applyAsDouble).orElse(Double.NaN);
    }

    /** The best row of each entry. */
    private static List<Results.Row> best(List<Results.Row> rows) {
        Map<String, Results.Row> best = new LinkedHashMap<>();
        for (Results.Row row : rows) {
            best.merge(
                    row.first().entry(),
                    row,
                    (old, other) -> other.value().mean() < old.value().mean() ? other : old);
        }
        return List.copyOf(best.values());
    }

    private static Plot plot(
            String title,
            String across,
            List<Results.Row> rows,
            Map<String, Integer> looks,
            ToDoubleFunction<Results.Row> cost) {
        Plot plot = Plot.titled(title).over(across).logarithmic().unexplained();
        List<ParetoFront.Point> front = front(rows, cost);
        plot.withFront(
                Curve.of(
                        "Pareto front",
                        front.stream().mapToDouble(ParetoFront.Point::cost).toArray(),
                        front.stream().mapToDouble(ParetoFront.Point::value).toArray()));
        looks.forEach((series, look) -> {
            List<Results.Row> own =
                    rows.stream()
                            .filter(row -> row.series().equals(series))
                            .sorted(Comparator.comparingDouble(cost))
                            .toList();
            plot.with(
                    Curve.of(
                            series,
                            own.stream().mapToDouble(cost).toArray(),
                            own.stream().mapToDouble(row -> row.value().mean()).toArray()),
                    look);
        });
        return plot;
    }

    private static List<ParetoFront.Point> front(
            List<Results.Row> rows, ToDoubleFunction<Results.Row> cost) {
        List<ParetoFront.Point> points = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Results.Row row = rows.get(i);
            points.add(new ParetoFront.Point(i, cost.applyAsDouble(row), row.value().mean()));
        }
        return ParetoFront.of(points);
    }

    private Plot publishedPlot(
            DatasetConfig set, List<Results.Row> rows, String metric, Map<String, Integer> looks) {
        Plot plot =
                plot(
                        metric + " by evaluations, papers included",
                        "evaluations a picture",
                        rows,
                        looks,
                        ComparisonPage::nfe);
        List<PublishedResult> known = results.published(set);
        plot.with(
                Curve.of(
                        "published",
                        known.stream().mapToDouble(PublishedResult::nfe).toArray(),
                        known.stream().mapToDouble(PublishedResult::fid).toArray()),
                looks.size());
        return known.isEmpty() ? Plot.titled("") : plot;
    }

    private String table(DatasetConfig set, List<Results.Row> rows) {
        EnergyMeter.Unit unit = unit(rows);
        Set<Integer> byNfe = places(front(rows, ComparisonPage::nfe));
        Set<Integer> byTime = places(front(rows, Results.Row::milliseconds));
        Set<Integer> byEnergy = places(front(rows, Results.Row::energy));
        String usual = common(rows.getFirst().first());
        StringBuilder text = new StringBuilder();
        text.append("<div class=\"scroll\"><table class=\"numbers\"><thead><tr>");
        for (String head :
                List.of(
                        "model",
                        "sampler",
                        "NFE",
                        rows.getFirst().first().metric(),
                        "ms a picture",
                        unit.symbol() + " a picture",
                        "on the front of",
                        "protocol")) {
            text.append("<th>").append(Html.escaped(head)).append("</th>");
        }
        text.append("</tr></thead><tbody>\n");
        for (int i = 0; i < rows.size(); i++) {
            Results.Row row = rows.get(i);
            List<String> fronts = new ArrayList<>();
            if (byNfe.contains(i)) {
                fronts.add("evaluations");
            }
            if (byTime.contains(i)) {
                fronts.add("time");
            }
            if (byEnergy.contains(i)) {
                fronts.add(unit == EnergyMeter.Unit.JOULES ? "energy" : "processor time");
            }
            text.append("<tr>")
                    .append(cell(row.first().entry()))
                    .append(cell(row.first().sampler()))
                    .append(number(Integer.toString(row.first().nfe())))
                    .append(number(row.value().text(NUMBER)))
                    .append(number(format("%.3f", row.milliseconds())))
                    .append(number(format("%.4f", row.energy())))
                    .append(cell(String.join(", ", fronts)))
                    .append(protocol(protocol(row, usual)))
                    .append("</tr>\n");
        }
        boolean comparable = rows.stream().allMatch(row -> Results.comparable(row.first()));
        for (PublishedResult result : results.published(set)) {
            text.append("<tr class=\"published\">")
                    .append(cell(result.method()))
                    .append(cell("published"))
                    .append(number(Integer.toString(result.nfe())))
                    .append(number(format(NUMBER, result.fid())))
                    .append(cell(""))
                    .append(cell(""))
                    .append(cell(""))
                    .append(protocol(published(result, comparable)))
                    .append("</tr>\n");
        }
        return text.append("</tbody></table></div>\n").toString();
    }

    private static Set<Integer> places(List<ParetoFront.Point> front) {
        return front.stream().map(ParetoFront.Point::place).collect(Collectors.toSet());
    }

    /** How a number came about, all but the sampler and the seeds. */
    private static String common(Cell cell) {
        return "N = %,d pictures; %s; against %s; %s, batch %d; cost: %s"
                .formatted(
                        cell.pictures(),
                        cell.judge(),
                        cell.reference(),
                        cell.arithmetic(),
                        cell.batch(),
                        cell.source());
    }

    private static String protocol(Results.Row row, String usual) {
        String seeds =
                row.cells().stream().map(c -> "" + c.seed()).collect(Collectors.joining(", "));
        String own = common(row.first());
        return "%s; seed %s%s"
                .formatted(row.first().protocol(), seeds, own.equals(usual) ? "" : "; " + own);
    }

    private static String published(PublishedResult result, boolean comparable) {
        return "published: FID of %,d pictures by Inception, %s%s"
                .formatted(
                        PublishedResult.PICTURES,
                        result.source(),
                        comparable ? "" : "; another metric than ours, not to be compared with it");
    }

    private String training(List<Results.Row> rows) {
        Set<String> names = new LinkedHashSet<>();
        rows.forEach(row -> withTeachers(row.first().entry(), names));
        StringBuilder text = new StringBuilder();
        text.append("<div class=\"scroll\"><table class=\"numbers\"><thead><tr>");
        for (String head :
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
                        "cost with teachers")) {
            text.append("<th>").append(head).append("</th>");
        }
        text.append("</tr></thead><tbody>\n");
        for (String name : names) {
            results.cost(name)
                    .ifPresent(cost ->
                            text.append("<tr>")
                                    .append(cell(cost.entry()))
                                    .append(cell(cost.preset()))
                                    .append(number(format("%,d", cost.parameters())))
                                    .append(number(format("%,d", cost.steps())))
                                    .append(number(format("%,d", cost.images())))
                                    .append(number(format("%.1f", cost.imagesPerSecond())))
                                    .append(number(format("%.2f", cost.minutes())))
                                    .append(cell(cost.teacher()))
                                    .append(number(format("%.2f", cost.allMinutes())))
                                    .append(number(energy(cost)))
                                    .append("</tr>\n"));
        }
        return text.append("</tbody></table></div>\n").toString();
    }

    private static String energy(EntryCost cost) {
        return Double.isNaN(cost.allEnergy())
                ? "not known"
                : format("%,.0f", cost.allEnergy()) + " " + cost.unit();
    }

    private void withTeachers(String entry, Set<String> names) {
        results.config().entry(entry).taughtBy().ifPresent(name -> withTeachers(name, names));
        names.add(entry);
    }

    private String strips(List<Results.Row> rows) {
        StringBuilder text = new StringBuilder();
        text.append("<div class=\"scroll\"><table class=\"numbers\"><tbody>\n");
        for (Results.Row row : rows) {
            Cell cell = row.first();
            text.append("<tr>")
                    .append(cell(cell.entry()))
                    .append(cell(cell.sampler()))
                    .append(number(cell.nfe() + " NFE"))
                    .append("<td class=\"strip\">")
                    .append(picture(cell))
                    .append("</td></tr>\n");
        }
        return text.append("</tbody></table></div>\n").toString();
    }

    private String picture(Cell cell) {
        try {
            return Html.png(
                    Files.readAllBytes(store.strip(cell.strip())),
                    "%s, %s, %d evaluations".formatted(cell.entry(), cell.sampler(), cell.nfe()));
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

    private static String format(String form, Object value) {
        return value instanceof Double number && !Double.isFinite(number)
                ? "not known"
                : String.format(Locale.ROOT, form, value);
    }

    private static String cell(String text) {
        return "<td>" + Html.escaped(text) + "</td>";
    }

    private static String number(String text) {
        return "<td class=\"number\">" + Html.escaped(text) + "</td>";
    }

    private static String protocol(String text) {
        return "<td class=\"protocol\">" + Html.escaped(text) + "</td>";
    }
}
