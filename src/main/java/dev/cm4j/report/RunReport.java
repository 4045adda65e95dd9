package dev.cm4j.report;

import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.train.MetricsTable;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.ScoresCsv;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code report.html}: a run on one page, from what its folder holds.
 *
 * <pre>
 *   metrics.csv  →  plots of losses, curriculum, rates, gradients, speed and averages
 *   scores.csv   →  the curve of scores
 *   samples/     →  the same noise, drawn by younger and older weights
 *   run.txt      →  command, seed, data, machine and versions
 *   config.yaml  →  the recipe
 * </pre>
 *
 * <p>The page is complete in itself: no script, no style or picture from elsewhere. What a folder
 * does not hold is left out. Drawing needs no display.
 */
public final class RunReport {

    private static final int MOST_PICTURES = 8;
    private static final int QUARTERS = 4;
    private static final String DRIFT = "drift_";

    private final Path run;
    private final MetricsTable metrics;
    private final Map<Long, Double> scores;
    private final Map<String, String> facts;

    private RunReport(Path run) {
        this.run = run;
        this.metrics = MetricsTable.read(RunFolder.metrics(run));
        this.scores = new ScoresCsv(RunFolder.scores(run)).byStep();
        this.facts = RunFolder.facts(run);
    }

    /**
     * Writes or replaces a run's report.
     *
     * @param run the run's folder
     * @return the page
     * @throws IllegalArgumentException if the folder holds no run
     * @throws UncheckedIOException if something cannot be read or written
     */
    public static Path write(Path run) {
        if (!Files.exists(RunFolder.configuration(run))) {
            throw new IllegalArgumentException(
                    run
                            + " holds no run: there is no "
                            + RunFolder.configuration(run).getFileName());
        }
        byte[] page = new RunReport(run).page().getBytes(StandardCharsets.UTF_8);
        Path file = RunFolder.report(run);
        AtomicFile.write(file, page);
        return file;
    }

    private String page() {
        String name = run.toAbsolutePath().normalize().getFileName().toString();
        List<Path> pictures = pictures();
        StringBuilder body = new StringBuilder();
        body.append("<header><h1>").append(Html.escaped(name)).append("</h1>\n");
        body.append("<p>").append(Html.escaped(summary())).append("</p></header>\n");
        if (!pictures.isEmpty()) {
            body.append("<section class=\"newest\">")
                    .append(figure(pictures.getLast()))
                    .append("</section>\n");
        }
        section(
                body,
                "Curves",
                "plots",
                figures(plots().stream().filter(plot -> !plot.isEmpty()).toList()));
        section(
                body,
                "The same noise over time",
                "pictures",
                spread(pictures).stream().map(RunReport::figure).toList());
        section(body, "The run", "facts", facts.isEmpty() ? List.of() : List.of(table()));
        body.append("<section><h2>Configuration</h2><details><summary>config.yaml</summary><pre>")
                .append(Html.escaped(text(RunFolder.configuration(run))))
                .append("</pre></details></section>\n");
        return Stylesheet.page(name, body.toString());
    }

    private static void section(StringBuilder body, String title, String kind, List<String> parts) {
        if (!parts.isEmpty()) {
            body.append("<section><h2>%s</h2><div class=\"%s\">%n".formatted(title, kind));
            parts.forEach(part -> body.append(part).append('\n'));
            body.append("</div></section>\n");
        }
    }

    /** One line: preset, steps, images, time and the best score. */
    private String summary() {
        List<String> words = new ArrayList<>();
        words.add(facts.getOrDefault("preset", "a run"));
        if (metrics.rows() > 0) {
            words.add(String.format(Locale.ROOT, "%,d steps", (long) last("step")));
            words.add(String.format(Locale.ROOT, "%,d images", (long) last("images")));
            words.add(String.format(Locale.ROOT, "%.1f minutes of training", last("seconds") / 60));
            words.add("loss " + Plot.number(last("loss")));
        }
        scores.values().stream()
                .filter(score -> !score.isNaN())
                .min(Comparator.naturalOrder())
                .ifPresent(best -> words.add("best " + scoreName() + " " + Plot.number(best)));
        return String.join(" · ", words);
    }

    private double last(String column) {
        double[] values = metrics.column(column);
        return values[values.length - 1];
    }

    private List<Plot> plots() {
        List<Plot> plots = new ArrayList<>();
        plots.add(Plot.titled("Loss").logarithmic().with(metric("loss", "loss")));
        Plot quarters = Plot.titled("Loss by noise").logarithmic();
        List<String> names = List.of("quietest quarter", "second", "third", "noisiest quarter");
        for (int q = 0; q < QUARTERS; q++) {
            quarters.with(metric(names.get(q), "loss_q" + (q + 1)));
        }
        plots.add(quarters);
        plots.add(scorePlot());
        plots.add(Plot.titled("Grid points N(k)").with(positive("N(k)", "scales")));
        plots.add(Plot.titled("Rate of the target μ(k)").with(positive("μ(k)", "target_rate")));
        plots.add(Plot.titled("Learning rate").with(metric("η", "learning_rate")));
        plots.add(Plot.titled("Gradient norm").logarithmic().with(metric("‖∇θ‖", "gradient_norm")));
        plots.add(
                Plot.titled("Weights and steps")
                        .logarithmic()
                        .with(metric("‖θ‖", "weight_norm"))
                        .with(metric("‖Δθ‖", "update_norm")));
        plots.add(Plot.titled("Images per second").with(metric("img/s", "images_per_second")));
        Plot drift = Plot.titled("Distance of the averages from the weights").logarithmic();
        metrics.columns().stream()
                .filter(column -> column.startsWith(DRIFT))
                .forEach(column -> drift.with(metric(column.substring(DRIFT.length()), column)));
        plots.add(drift);
        plots.add(Plot.titled("Steps left out").with(positive("skipped", "skipped_steps")));
        return plots;
    }

    private Curve metric(String name, String column) {
        return Curve.of(name, metrics.column("step"), metrics.column(column));
    }

    /** A curve of which only what is above zero means something. */
    private Curve positive(String name, String column) {
        double[] values = metrics.column(column);
        boolean any = Arrays.stream(values).anyMatch(value -> value > 0);
        for (int i = 0; i < values.length; i++) {
            values[i] = any && values[i] >= 0 ? values[i] : Double.NaN;
        }
        return Curve.of(name, metrics.column("step"), values);
    }

    private Plot scorePlot() {
        double[] steps = scores.keySet().stream().mapToDouble(Long::doubleValue).toArray();
        double[] values = scores.values().stream().mapToDouble(Double::doubleValue).toArray();
        return Plot.titled("Score, " + scoreName())
                .logarithmic()
                .with(Curve.of(scoreName(), steps, values));
    }

    private String scoreName() {
        return new ScoresCsv(RunFolder.scores(run))
                .score()
                .map(column -> column.replace('_', '-'))
                .orElse("none");
    }

    private static List<String> figures(List<Plot> plots) {
        return IntStream.range(0, plots.size())
                .mapToObj(place -> Html.figure(plots.get(place), "plot-" + place))
                .toList();
    }

    private static String figure(Path picture) {
        long step = Long.parseLong(picture.getFileName().toString().replaceAll("\\D", ""));
        String caption = String.format(Locale.ROOT, "step %,d", step);
        try {
            return "<figure>%s<figcaption>%s</figcaption></figure>"
                    .formatted(Html.png(Files.readAllBytes(picture), caption), caption);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + picture, e);
        }
    }

    private String table() {
        return facts.entrySet().stream()
                .map(fact -> Html.row(fact.getKey(), fact.getValue()))
                .collect(Collectors.joining("", "<table>", "</table>"));
    }

    /** The previews, the oldest first. */
    private List<Path> pictures() {
        Path folder = RunFolder.samples(run);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("step-\\d+\\.png"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }

    /** At most as many as a page bears, the first and the last among them. */
    private static List<Path> spread(List<Path> all) {
        int count = Math.min(all.size(), MOST_PICTURES);
        List<Path> chosen = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            chosen.add(all.get(count == 1 ? 0 : i * (all.size() - 1) / (count - 1)));
        }
        return chosen;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
