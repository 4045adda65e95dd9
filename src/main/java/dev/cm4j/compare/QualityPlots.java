package dev.cm4j.compare;

import dev.cm4j.report.Curve;
import dev.cm4j.report.Html;
import dev.cm4j.report.Plot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The plots of a data set: quality against evaluations, time, energy, training and parameters, with
 * the fronts of what no other row beats, and one legend for all.
 */
final class QualityPlots {

    private final Results results;
    private final DatasetConfig set;
    private final List<Results.Row> rows;
    private final Map<String, Integer> looks = new LinkedHashMap<>();

    /**
     * @param results all numbers
     * @param set which data set
     * @param rows its rows, at least one
     */
    QualityPlots(Results results, DatasetConfig set, List<Results.Row> rows) {
        this.results = results;
        this.set = set;
        this.rows = rows;
        rows.forEach(row -> looks.putIfAbsent(row.series(), looks.size()));
    }

    /** Legend and plots. */
    String html() {
        return legend() + plots();
    }

    private String legend() {
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

    private String plots() {
        String metric = rows.getFirst().first().metric();
        EnergyMeter.Unit unit = Results.unit(rows);
        List<Plot> plots = new ArrayList<>();
        plots.add(
                plot(metric + " by evaluations", "evaluations a picture", rows, Results.Row::nfe));
        plots.add(
                plot(
                        metric + " by time",
                        "milliseconds a picture",
                        rows,
                        Results.Row::milliseconds));
        plots.add(
                plot(
                        metric + " by " + unit.words(),
                        unit.words() + " a picture",
                        rows,
                        row -> row.energy(unit)));
        List<Results.Row> best = best(rows);
        plots.add(
                plot(
                        metric + " at its best, by training",
                        "minutes, teachers included",
                        best,
                        row -> cost(row, EntryCost::allMinutes)));
        if (best.stream().mapToDouble(row -> cost(row, EntryCost::parameters)).distinct().count()
                > 1) {
            plots.add(
                    plot(
                            metric + " at its best, by parameters",
                            "parameters",
                            best,
                            row -> cost(row, EntryCost::parameters)));
        }
        if (rows.stream().allMatch(row -> Results.comparable(row.first()))) {
            plots.add(publishedPlot(metric));
        }
        plots.removeIf(Plot::isEmpty);
        int number = results.config().datasets().indexOf(set);
        return IntStream.range(0, plots.size())
                .mapToObj(i -> Html.figure(plots.get(i), "plot-" + number + "-" + i))
                .collect(Collectors.joining("\n", "<div class=\"plots\">\n", "\n</div>\n"));
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

    private Plot plot(
            String title,
            String across,
            List<Results.Row> some,
            ToDoubleFunction<Results.Row> cost) {
        Plot plot = Plot.titled(title).over(across).logarithmic().unexplained();
        List<ParetoFront.Point> front = ParetoFront.of(some, cost);
        plot.withFront(
                Curve.of(
                        "Pareto front",
                        front.stream().mapToDouble(ParetoFront.Point::cost).toArray(),
                        front.stream().mapToDouble(ParetoFront.Point::value).toArray()));
        looks.forEach((series, look) -> {
            List<Results.Row> own =
                    some.stream()
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

    private Plot publishedPlot(String metric) {
        Plot plot =
                plot(
                        metric + " by evaluations, papers included",
                        "evaluations a picture",
                        rows,
                        Results.Row::nfe);
        List<PublishedResult> known = results.published(set);
        plot.with(
                Curve.of(
                        "published",
                        known.stream().mapToDouble(PublishedResult::nfe).toArray(),
                        known.stream().mapToDouble(PublishedResult::fid).toArray()),
                looks.size());
        return known.isEmpty() ? Plot.titled("") : plot;
    }
}
