package dev.cm4j.cli;

import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.preset.Supplies;
import dev.cm4j.train.Budget;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.TeacherMark;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whom a run learns from. */
final class TeacherOptions {

    private static final String AUTO = "auto";
    private static final String FOLDER = "teacher";

    /** Keys that student and teacher share when the teacher is trained first. */
    private static final List<String> SHARED =
            List.of("data.", "network.", "method.label_dropout", "optim.batch_size");

    @Option(
            names = "--teacher",
            paramLabel = "MODEL",
            description =
                    "Diffusion model to learn from, or for other methods any model to begin with: a"
                            + " model, a run, a .pt or a diffusers folder; auto trains one first.")
    private Optional<String> teacher;

    @Option(
            names = "--teacher-steps",
            paramLabel = "K",
            description = "With --teacher auto: steps of the teacher.")
    private Optional<Long> steps;

    @Option(
            names = "--teacher-minutes",
            paramLabel = "M",
            description = "Or its minutes (default: its preset's length).")
    private Optional<Double> minutes;

    /**
     * Refuses words that do not go together, and a run that learns from nobody.
     *
     * @param plan of the student
     * @param resume whether it goes on
     */
    void check(TrainPlan plan, boolean resume) {
        if (steps.isPresent() && minutes.isPresent()) {
            throw new IllegalArgumentException(
                    "--teacher-steps and --teacher-minutes exclude each other");
        }
        boolean known = resume && TeacherMark.read(plan.folder()).isPresent();
        boolean auto = isAuto(plan, resume);
        if (teacher.isEmpty() && !known && !auto && plan.preset().needsTeacher()) {
            throw Supplies.noTeacher();
        }
        if ((steps.isPresent() || minutes.isPresent()) && !auto) {
            throw new IllegalArgumentException(
                    "--teacher-steps and --teacher-minutes need --teacher auto");
        }
    }

    /** Whether the run trains its own teacher; a resumed run knows it from its folder. */
    boolean isAuto(TrainPlan plan, boolean resume) {
        return teacher.map(AUTO::equals).orElseGet(() -> resume && isBegun(plan));
    }

    private static Path folder(TrainPlan plan) {
        return folder(plan.folder());
    }

    /** The run of the teacher that a run trains first. */
    static Path folder(Path run) {
        return run.resolve(FOLDER);
    }

    /** Where the teacher lies, once it is trained; empty where the run has none. */
    Optional<Path> path(TrainPlan plan, boolean resume) {
        if (isAuto(plan, resume)) {
            return Optional.of(folder(plan));
        }
        return teacher.map(Path::of)
                .or(() ->
                        resume
                                ? TeacherMark.read(plan.folder()).map(mark -> Path.of(mark.path()))
                                : Optional.empty());
    }

    /**
     * The run that trains the teacher: the edm recipe beside the student's preset, with the same
     * network and data.
     *
     * @param plan of the student
     * @param overrides of the student, {@code key=value}
     * @param goOn whether it was begun before
     */
    TrainPlan lesson(TrainPlan plan, List<String> overrides, boolean goOn) {
        Optional<Budget> budget = steps.map(Budget::steps).or(() -> minutes.map(Budget::minutes));
        if (goOn) {
            return TrainPlan.resumed(
                    Optional.of(folder(plan)), new PresetOptions(), budget, Optional.empty());
        }
        String base =
                plan.preset()
                        .name()
                        .replaceFirst("-(cd|pd|kd|ct|ict|ect)(-lpips|-continuous)?$", "");
        Preset preset =
                Presets.named(
                        base + "-edm",
                        overrides.stream()
                                .filter(o -> SHARED.stream().anyMatch(o::startsWith))
                                .toList());
        return new TrainPlan(
                folder(plan), preset, budget.orElse(preset.budget().budget()), plan.seed());
    }

    /** Whether the teacher's run was begun. */
    static boolean isBegun(TrainPlan plan) {
        return Files.exists(RunFolder.configuration(folder(plan)));
    }
}
