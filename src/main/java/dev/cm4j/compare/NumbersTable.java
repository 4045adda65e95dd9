package dev.cm4j.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The numbers of a data set with their protocols, and beside them what papers say.
 *
 * @param results all numbers
 * @param set which data set
 * @param rows its rows, at least one
 */
record NumbersTable(Results results, DatasetConfig set, List<Results.Row> rows) {

    private static final String NUMBER = "%.2f";

    /** The table. */
    String html() {
        EnergyMeter.Unit unit = Results.unit(rows);
        Set<Integer> byNfe = places(ParetoFront.of(rows, Results.Row::nfe));
        Set<Integer> byTime = places(ParetoFront.of(rows, Results.Row::milliseconds));
        Set<Integer> byEnergy = places(ParetoFront.of(rows, row -> row.energy(unit)));
        String usual = common(rows.getFirst().first());
        StringBuilder text =
                new StringBuilder(
                        TableText.begin(
                                List.of(
                                        "model",
                                        "sampler",
                                        "NFE",
                                        rows.getFirst().first().metric(),
                                        "ms a picture",
                                        unit.symbol() + " a picture",
                                        "on the front of",
                                        "protocol")));
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
                    .append(TableText.cell(row.first().entry()))
                    .append(TableText.cell(row.first().sampler()))
                    .append(TableText.number(Integer.toString(row.first().nfe())))
                    .append(TableText.number(row.value().text(NUMBER)))
                    .append(TableText.number(TableText.format("%.3f", row.milliseconds())))
                    .append(TableText.number(energy(row, unit)))
                    .append(TableText.cell(String.join(", ", fronts)))
                    .append(TableText.protocol(protocol(row, usual)))
                    .append("</tr>\n");
        }
        boolean comparable = rows.stream().allMatch(row -> Results.comparable(row.first()));
        for (PublishedResult result : results.published(set)) {
            text.append("<tr class=\"published\">")
                    .append(TableText.cell(result.method()))
                    .append(TableText.cell("published"))
                    .append(TableText.number(Integer.toString(result.nfe())))
                    .append(TableText.number(TableText.format(NUMBER, result.fid())))
                    .append(TableText.cell(""))
                    .append(TableText.cell(""))
                    .append(TableText.cell(""))
                    .append(TableText.protocol(published(result, comparable)))
                    .append("</tr>\n");
        }
        return text.append(TableText.end()).toString();
    }

    private static String energy(Results.Row row, EnergyMeter.Unit unit) {
        double energy = row.energy(unit);
        if (Double.isNaN(energy)) {
            return row.isCountedIn(unit) ? "not known" : "in another unit";
        }
        return TableText.format("%.4f", energy);
    }

    private static Set<Integer> places(List<ParetoFront.Point> front) {
        return front.stream().map(ParetoFront.Point::place).collect(Collectors.toSet());
    }

    /** How a number came about, all but the sampler and the seeds. */
    static String common(Cell cell) {
        return String.format(
                Locale.ROOT,
                "N = %,d pictures; %s; against %s; %s, batch %d; cost: %s",
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
        return String.format(
                Locale.ROOT,
                "published: FID of %,d pictures by Inception, %s%s",
                PublishedResult.PICTURES,
                result.source(),
                comparable ? "" : "; another metric than ours, not to be compared with it");
    }
}
