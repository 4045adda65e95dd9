package dev.cm4j.cli;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.train.Budget;
import dev.cm4j.train.CheckpointFolder;
import dev.cm4j.train.CheckpointManifest;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.RunPlan;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a training command amounts to once its gaps are filled.
 *
 * @param folder of the run
 * @param preset the recipe
 * @param budget how long
 * @param seed of the run
 */
record TrainPlan(Path folder, Preset preset, Budget budget, long seed) {

    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
    private static final Pattern BUDGET = Pattern.compile("([0-9.]+) (steps|minutes)");

    /** The same with another recipe. */
    TrainPlan with(Preset other) {
        return new TrainPlan(folder, other, budget, seed);
    }

    /** A run from the first step. */
    static TrainPlan fresh(
            Optional<Path> out, PresetOptions what, Optional<Budget> budget, Optional<Long> seed) {
        Preset preset = what.load();
        Path folder =
                out.orElseGet(() ->
                        RunChoice.RUNS.resolve(
                                preset.name() + "-" + STAMP.format(LocalDateTime.now())));
        return new TrainPlan(
                folder, preset, budget.orElse(preset.budget().budget()), seed.orElse(0L));
    }

    /**
     * A run that goes on: what is not said again is taken from its newest checkpoint.
     *
     * @throws IllegalArgumentException if there is no run to go on with, it is finished and longer,
     *     or the recipe was changed
     */
    static TrainPlan resumed(
            Optional<Path> out, PresetOptions what, Optional<Budget> budget, Optional<Long> seed) {
        Path folder =
                out.or(RunChoice::newestRun)
                        .orElseThrow(() ->
                                new IllegalArgumentException(
                                        "there is no run in "
                                                + RunChoice.RUNS
                                                + " to resume; name it with --out"));
        Path configuration = RunFolder.configuration(folder);
        if (!Files.exists(configuration)) {
            throw new IllegalArgumentException(
                    folder + " holds no run to resume: there is no " + configuration.getFileName());
        }
        Optional<CheckpointManifest> manifest = manifest(folder);
        Optional<RunPlan> planned =
                manifest.map(m -> new RunPlan(m.preset(), m.budget(), m.seed()))
                        .or(() -> RunPlan.read(folder));
        budget.ifPresent(length -> manifest.ifPresent(done -> requireLonger(length, done)));
        Preset preset = preset(what, configuration, planned);
        return new TrainPlan(
                folder,
                preset,
                budget.or(() -> planned.flatMap(p -> budget(p.budget())))
                        .orElse(preset.budget().budget()),
                seed.or(() -> planned.map(RunPlan::seed)).orElse(0L));
    }

    /**
     * A finished run was learnt under its plan, which a shorter one would belie; a run that was
     * interrupted may be ended so.
     */
    private static void requireLonger(Budget length, CheckpointManifest done) {
        boolean finished =
                budget(done.budget()).filter(b -> b.spent(done.step(), done.seconds())).isPresent();
        boolean passed = length.spent(done.step() - 1, Math.nextDown(done.seconds()));
        if (finished && passed && !length.text().equals(done.budget())) {
            throw new IllegalArgumentException(
                    String.format(
                            Locale.ROOT,
                            "the run has taken %,d steps in %s of its %s already, so it cannot last"
                                    + " %s; give a longer length",
                            done.step(),
                            ProgressLine.clock(Math.round(done.seconds())),
                            done.budget(),
                            length.text()));
        }
    }

    private static Preset preset(
            PresetOptions what, Path configuration, Optional<RunPlan> planned) {
        if (what.isNamed()) {
            return what.load();
        }
        if (!what.overrides().isEmpty()) {
            throw new IllegalArgumentException(
                    "a resumed run keeps its recipe; "
                            + what.overrides().getFirst()
                            + " would change it");
        }
        return Presets.resolved(planned.map(RunPlan::preset).orElse("run"), configuration);
    }

    private static Optional<CheckpointManifest> manifest(Path folder) {
        for (Path checkpoint : new CheckpointFolder(folder).list().reversed()) {
            try {
                return Optional.of(CheckpointManifest.read(checkpoint));
            } catch (FormatException torn) {
                // Resume says so, by name, when it meets it
            }
        }
        return Optional.empty();
    }

    private static Optional<Budget> budget(String text) {
        Matcher words = BUDGET.matcher(text);
        if (!words.matches() || Double.parseDouble(words.group(1)) <= 0) {
            return Optional.empty();
        }
        return Optional.of(
                words.group(2).equals("steps")
                        ? Budget.steps(Long.parseLong(words.group(1)))
                        : Budget.minutes(Double.parseDouble(words.group(1))));
    }
}
