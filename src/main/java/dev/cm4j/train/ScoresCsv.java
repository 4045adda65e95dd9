package dev.cm4j.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The scores of a run as a table: one row per evaluation, the score that counts in the fourth
 * column, lower being better.
 *
 * <p>A row stays when the run is resumed from before it: a model of that step was scored so. Where
 * a step is scored again the later row counts.
 */
public final class ScoresCsv {

    private static final String FIRST = "step,images,seconds";

    private final Path file;

    /**
     * @param file the table, made where absent
     */
    public ScoresCsv(Path file) {
        this.file = file;
    }

    /**
     * Adds a row. Where the table is there already it keeps its columns: other scores are left out,
     * missing ones are NaN.
     *
     * @param state what was scored
     * @param scores by name, the one that counts first
     * @throws UncheckedIOException if the disk refuses
     */
    public void add(TrainState state, SequencedMap<String, Double> scores) {
        List<String> known = MetricsTable.read(file).columns();
        List<String> names =
                known.size() > RunFolder.SCORE
                        ? known.subList(RunFolder.SCORE, known.size())
                        : List.copyOf(scores.keySet());
        String header = FIRST + "," + String.join(",", names);
        String row =
                String.format(
                        Locale.ROOT,
                        "%d,%d,%.1f,%s",
                        state.step(),
                        state.imagesSeen(),
                        state.counters().seconds(),
                        names.stream()
                                .map(name -> scores.getOrDefault(name, Double.NaN))
                                .map(score -> String.format(Locale.ROOT, "%.6g", score))
                                .collect(Collectors.joining(",")));
        try {
            String old = Files.exists(file) ? Files.readString(file) : header + "\n";
            String torn = old.endsWith("\n") ? "" : "\n"; // a killed run left half a row
            String text = (Files.exists(file) ? torn : old) + row + "\n";
            Files.write(
                    file,
                    text.getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** Name of the score that counts, empty where nothing was scored. */
    public Optional<String> score() {
        List<String> columns = MetricsTable.read(file).columns();
        return columns.size() > RunFolder.SCORE
                ? Optional.of(columns.get(RunFolder.SCORE))
                : Optional.empty();
    }

    /** The score that counts by step, as far as the table goes. */
    public Map<Long, Double> byStep() {
        MetricsTable table = MetricsTable.read(file);
        Map<Long, Double> scores = new TreeMap<>();
        if (table.columns().size() > RunFolder.SCORE) {
            double[] values = table.column(table.columns().get(RunFolder.SCORE));
            long[] steps = Arrays.stream(table.column("step")).mapToLong(s -> (long) s).toArray();
            for (int i = 0; i < steps.length; i++) {
                scores.put(steps[i], values[i]);
            }
        }
        return scores;
    }
}
