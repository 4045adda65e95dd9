package dev.cm4j.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A table of a run read back: a header and rows of numbers between commas.
 *
 * <p>Rows that a killed run left half written are passed over; a cell without a number is NaN.
 */
public final class MetricsTable {

    private final List<String> columns;
    private final List<double[]> rows;

    private MetricsTable(List<String> columns, List<double[]> rows) {
        this.columns = columns;
        this.rows = rows;
    }

    /**
     * Reads a table.
     *
     * @param file written by {@link MetricsCsv} or {@link ScoresCsv}; where it is absent the table
     *     has no columns and no rows
     * @throws UncheckedIOException if it cannot be read
     */
    public static MetricsTable read(Path file) {
        if (!Files.exists(file)) {
            return new MetricsTable(List.of(), List.of());
        }
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        if (lines.isEmpty()) {
            return new MetricsTable(List.of(), List.of());
        }
        List<String> columns = List.of(lines.getFirst().split(",", -1));
        List<double[]> rows = new ArrayList<>();
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            if (cells.length == columns.size()) {
                rows.add(Arrays.stream(cells).mapToDouble(MetricsTable::number).toArray());
            }
        }
        return new MetricsTable(columns, rows);
    }

    private static double number(String cell) {
        try {
            return Double.parseDouble(cell);
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }

    /** Names of the columns, in order. */
    public List<String> columns() {
        return columns;
    }

    /** Number of rows. */
    public int rows() {
        return rows.size();
    }

    /** The numbers of a column from the first row to the last; all NaN where there is no such. */
    public double[] column(String name) {
        int place = columns.indexOf(name);
        return rows.stream().mapToDouble(row -> place < 0 ? Double.NaN : row[place]).toArray();
    }
}
