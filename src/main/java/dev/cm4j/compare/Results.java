package dev.cm4j.compare;

import dev.cm4j.metric.ConfidenceInterval;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All numbers of a comparison.
 *
 * @param config what was compared
 * @param cells measured so far, in the order of the configuration
 * @param costs of the entries
 * @param published from papers, of any data set
 * @param failures what is missing
 */
record Results(
        ComparisonConfig config,
        List<Cell> cells,
        List<EntryCost> costs,
        List<PublishedResult> published,
        List<Failures.Failure> failures) {

    /**
     * The cells that differ by their seed alone.
     *
     * @param cells at least one
     */
    record Row(List<Cell> cells) {

        Cell first() {
            return cells.getFirst();
        }

        /** The curve it belongs to. */
        String series() {
            return first().entry() + " · " + first().sampler();
        }

        ConfidenceInterval value() {
            return ConfidenceInterval.of(cells.stream().mapToDouble(Cell::value).toArray());
        }

        /** Evaluations, for an axis. */
        double nfe() {
            return first().nfe();
        }

        double milliseconds() {
            return cells.stream().mapToDouble(Cell::milliseconds).average().orElseThrow();
        }

        /**
         * Energy of a picture.
         *
         * @param unit to tell it in
         * @return NaN where a cell was counted in another, or its energy is not known
         */
        double energy(EnergyMeter.Unit unit) {
            return isCountedIn(unit)
                    ? cells.stream().mapToDouble(Cell::pictureEnergy).average().orElseThrow()
                    : Double.NaN;
        }

        /** Whether every cell was counted in a unit. */
        boolean isCountedIn(EnergyMeter.Unit unit) {
            return cells.stream().allMatch(cell -> cell.unit().equals(unit.symbol()));
        }
    }

    /** The rows of a data set. */
    List<Row> rows(DatasetConfig set) {
        Map<String, List<Cell>> rows = new LinkedHashMap<>();
        for (Cell cell : cells) {
            if (cell.dataset().equals(set.name())) {
                String name =
                        String.join(
                                "\n",
                                cell.entry(),
                                cell.sampler(),
                                cell.protocol(),
                                "" + cell.nfe());
                rows.computeIfAbsent(name, _ -> new ArrayList<>()).add(cell);
            }
        }
        return rows.values().stream().map(Row::new).toList();
    }

    /** What an entry cost, where it is known yet. */
    Optional<EntryCost> cost(String entry) {
        return costs.stream().filter(cost -> cost.entry().equals(entry)).findFirst();
    }

    /** Published numbers of the same data. */
    List<PublishedResult> published(DatasetConfig set) {
        String data = set.publishedAs().orElse(set.data());
        return published.stream().filter(result -> result.data().equals(data)).toList();
    }

    /** Whether a cell is what the papers measure: the same metric of as many pictures. */
    static boolean comparable(Cell cell) {
        return cell.metric().equals(PublishedResult.METRIC)
                && cell.pictures() == PublishedResult.PICTURES;
    }

    /** What the cost of rows is told in: what most of them were counted in, joules before time. */
    static EnergyMeter.Unit unit(List<Row> rows) {
        return Stream.of(EnergyMeter.Unit.values())
                .max(
                        Comparator.comparingLong((EnergyMeter.Unit unit) -> counted(rows, unit))
                                .thenComparing(Comparator.reverseOrder()))
                .orElseThrow();
    }

    private static long counted(List<Row> rows, EnergyMeter.Unit unit) {
        return rows.stream().filter(row -> Double.isFinite(row.energy(unit))).count();
    }
}
