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

/**
 * The run as a table: one comma-separated row per few steps, for plots and spreadsheets.
 *
 * <p>A resumed run continues the table; rows later than the step it resumes from are dropped, so no
 * step occurs twice.
 */
public final class MetricsCsv implements StepListener {

    private static final String HEADER =
            "step,progress,phase,images,seconds,loss,loss_q1,loss_q2,loss_q3,loss_q4,"
                    + "gradient_norm,learning_rate,scales,target_rate,images_per_second,"
                    + "skipped_steps";

    private final Path file;
    private final int every;
    private final List<StepRecord> pending = new ArrayList<>();

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
        rewind(state.step());
    }

    /** Begins the table, or keeps of an old one the rows up to a step. */
    void rewind(long step) {
        pending.clear();
        List<String> rows = new ArrayList<>();
        rows.add(HEADER);
        try {
            if (Files.exists(file)) {
                Files.readAllLines(file).stream()
                        .skip(1)
                        .filter(row -> stepOf(row) <= step)
                        .forEach(rows::add);
            }
            Files.write(file, rows);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** The step of a row, or a number past every run where the row is torn. */
    private static long stepOf(String row) {
        if (row.chars().filter(c -> c == ',').count()
                != HEADER.chars().filter(c -> c == ',').count()) {
            return Long.MAX_VALUE;
        }
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
            flush();
        }
    }

    @Override
    public void onEnd(TrainState state, StopReason reason) {
        flush();
    }

    private void flush() {
        if (pending.isEmpty()) {
            return;
        }
        String row = row(StepRecord.mean(pending)) + System.lineSeparator();
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

    private static String row(StepRecord r) {
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
        return String.join(",", cells);
    }

    /** Six significant digits; nothing where there is no number. */
    private static String number(double value) {
        return Double.isNaN(value) ? "" : String.format(Locale.ROOT, "%.6g", value);
    }
}
