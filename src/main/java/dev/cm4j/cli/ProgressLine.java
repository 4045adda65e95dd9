package dev.cm4j.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Says how far a long command is: a moving bar on a terminal, a plain line every few seconds
 * elsewhere.
 */
final class ProgressLine implements AutoCloseable {

    private static final int BAR_WIDTH = 100;
    private static final Duration FIRST_LINE = Duration.ofSeconds(2);
    private static final Duration LINE_EVERY = Duration.ofSeconds(20);

    private final PrintWriter err;
    private final String task;
    private final long total;
    private final String unit;
    private final Optional<ProgressBar> bar; // empty: lines instead
    private long nextLine = System.nanoTime() + FIRST_LINE.toNanos();

    private ProgressLine(
            PrintWriter err, String task, long total, String unit, Optional<ProgressBar> bar) {
        this.err = err;
        this.task = task;
        this.total = total;
        this.unit = unit;
        this.bar = bar;
    }

    /**
     * Opens a bar or, away from a terminal, a series of lines.
     *
     * @param err where it is written
     * @param terminal whether a cursor can be moved there
     * @param task what is done, a word or two
     * @param total how many units there are to do
     * @param unit what is counted, such as {@code %}; may be empty
     * @return the progress, at 0
     */
    static ProgressLine open(
            PrintWriter err, boolean terminal, String task, long total, String unit) {
        return new ProgressLine(
                err,
                task,
                total,
                unit,
                terminal ? Optional.of(bar(err, task, total, unit)) : Optional.empty());
    }

    /**
     * Says how far it is.
     *
     * @param done units done so far
     * @param detail what else there is to say, may be empty
     */
    void at(long done, String detail) {
        if (bar.isPresent()) {
            bar.get().stepTo(done);
            bar.get().setExtraMessage(detail);
            return;
        }
        long now = System.nanoTime();
        if (now >= nextLine) {
            nextLine = now + LINE_EVERY.toNanos();
            err.println(line(done, detail));
            err.flush();
        }
    }

    /** Ends the bar's line. */
    @Override
    public void close() {
        if (bar.isPresent()) {
            bar.get().close();
            err.println();
        }
    }

    private static ProgressBar bar(PrintWriter err, String task, long total, String unit) {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUnit(unit, 1)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(250)
                .setConsumer(
                        new DelegatingProgressBarConsumer(
                                line -> {
                                    err.print("\r" + line);
                                    err.flush();
                                },
                                BAR_WIDTH))
                .build();
    }

    private String line(long done, String detail) {
        String text = String.format(Locale.ROOT, "%s %,d/%,d%s", task, done, total, unit);
        return detail.isEmpty() ? text : text + ", " + detail;
    }

    /**
     * Writes a duration as hours, minutes and seconds.
     *
     * @param seconds at least 0
     * @return such as {@code 4:05} or {@code 1:04:05}
     */
    static String clock(long seconds) {
        return seconds < 3600
                ? String.format(Locale.ROOT, "%d:%02d", seconds / 60, seconds % 60)
                : String.format(
                        Locale.ROOT,
                        "%d:%02d:%02d",
                        seconds / 3600,
                        seconds / 60 % 60,
                        seconds % 60);
    }
}
