package dev.cm4j.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * The run as a table: one comma-separated row per few steps, for plots and spreadsheets. For each
 * evaluation average it has a column {@code drift_LABEL}, the average's relative distance from the
 * weights; then follow {@code loss_scale}, the logarithm to base 2 of what the loss was multiplied
 * by in float16, {@code weight_norm}, and {@code update_norm}, how far the last step of the row
 * moved the weights.
 *
 * <p>A resumed run continues the table; rows later than the step it resumes from are dropped, so no
 * step occurs twice. Rows of a version that knew fewer columns stay, with nothing in the others.
 */
public final class MetricsCsv implements StepListener {

    private static final String HEADER =
            "step,progress,phase,images,seconds,loss,loss_q1,loss_q2,loss_q3,loss_q4,"
                    + "gradient_norm,learning_rate,scales,target_rate,images_per_second,"
                    + "skipped_steps";

    private final Path file;
    private final int every;
    private final List<StepRecord> pending = new ArrayList<>();
    private List<String> averages = List.of();

    /**
     * @param file the table, made where absent
     * @param every steps that make one row, positive
     */
    public MetricsCsv(Path file, int every) {
        if (every < 1) {
            throw new IllegalArgumentException("a row takes at least 1 step, got " + every);
        }
        this.file = file;
        this.every = every;
    }

    @Override
    public void onStart(TrainState state, Progress progress) {
        averages = state.averages().stream().map(each -> each.config().label()).toList();
        rewind(state.step());
    }

    private String header() {
        return HEADER
                + String.join("", averages.stream().map(name -> ",drift_" + name).toList())
                + ",loss_scale,weight_norm,update_norm";
    }

    /** Begins the table, or keeps of an old one the rows up to a step. */
    void rewind(long step) {
        pending.clear();
        List<String> rows = new ArrayList<>();
        rows.add(header());
        try {
            if (Files.exists(file)) {
                List<String> old = Files.readAllLines(file);
                int cells = old.isEmpty() ? 0 : cellCount(old.getFirst());
                boolean fits = !old.isEmpty() && header().startsWith(old.getFirst());
                old.stream()
                        .skip(1)
                        .filter(row -> fits && cellCount(row) == cells && stepOf(row) <= step)
                        .map(row -> row + ",".repeat(cellCount(header()) - cells))
                        .forEach(rows::add);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        RunFolder.write(file, String.join("\n", rows) + "\n"); // a full disk leaves the old table
    }

    private static int cellCount(String row) {
        return 1 + (int) row.chars().filter(c -> c == ',').count();
    }

    /** The step of a row, or a number past every run where the row is torn. */
    private static long stepOf(String row) {
        try {
            return Long.parseLong(row.substring(0, row.indexOf(',')));
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }

    @Override
    public void onStep(StepRecord step, TrainState state) {
        pending.add(step);
        if (step.step() % every == 0) {
            flush(state);
        }
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        flush(state);
    }

    private void flush(TrainState state) {
        if (pending.isEmpty()) {
            return;
        }
        Stream<String> drifts =
                averages.isEmpty()
                        ? Stream.empty()
                        : AverageDrift.of(state).values().stream().map(MetricsCsv::number);
        StepRecord mean = StepRecord.mean(pending);
        List<String> cells = new ArrayList<>(cells(mean));
        drifts.forEach(cells::add);
        cells.add(number(mean.lossScale()));
        WeightNorms norms = WeightNorms.of(state, mean.learningRate());
        cells.add(number(norms.weights()));
        cells.add(number(norms.update()));
        String row = String.join(",", cells) + System.lineSeparator();
        pending.clear();
        try {
            Files.write(
                    file,
                    row.getBytes(StandardCharsets.UTF_8),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    private static List<String> cells(StepRecord r) {
        List<String> cells = new ArrayList<>();
        cells.add(Long.toString(r.step()));
        cells.add(number(r.progress()));
        cells.add(Integer.toString(r.phase()));
        cells.add(Long.toString(r.imagesSeen()));
        cells.add(number(r.seconds()));
        cells.add(number(r.loss()));
        for (int q = 0; q < 4; q++) {
            cells.add(q < r.lossByNoise().size() ? number(r.lossByNoise().get(q)) : "");
        }
        cells.add(number(r.gradientNorm()));
        cells.add(number(r.learningRate()));
        cells.add(Integer.toString(r.scales()));
        cells.add(number(r.targetRate()));
        cells.add(number(r.imagesPerSecond()));
        cells.add(Long.toString(r.skippedSteps()));
        return cells;
    }

    /** Six significant digits; nothing where there is no number. */
    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.6g", value);
    }
}
