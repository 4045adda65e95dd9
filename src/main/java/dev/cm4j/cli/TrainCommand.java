package dev.cm4j.cli;

import dev.cm4j.OpenOptions;
import dev.cm4j.PictureEvaluation;
import dev.cm4j.RunImages;
import dev.cm4j.RunSupplies;
import dev.cm4j.Teacher;
import dev.cm4j.TrainingSession;
import dev.cm4j.data.DataConfig;
import dev.cm4j.data.DataSource;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.LabelRule;
import dev.cm4j.data.ResizeRule;
import dev.cm4j.nn.Precision;
import dev.cm4j.preset.BestModels;
import dev.cm4j.preset.DataFit;
import dev.cm4j.preset.ModelWriter;
import dev.cm4j.preset.Preset;
import dev.cm4j.tensor.Device;
import dev.cm4j.train.Budget;
import dev.cm4j.train.FreshFolder;
import dev.cm4j.train.Resume;
import dev.cm4j.train.Run;
import dev.cm4j.train.RunFolder;
import dev.cm4j.train.RunPlan;
import dev.cm4j.train.ScoresCsv;
import dev.cm4j.train.StepListener;
import dev.cm4j.train.StopReason;
import dev.cm4j.train.TeacherMark;
import dev.cm4j.train.TensorBoardEvents;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.Trainer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Trains a model and leaves a folder that explains itself. */
@Command(
        name = "train",
        description = "Train a model.",
        footer = {
            "",
            "Ctrl-C finishes the step, saves and exits with 130; --resume goes on from there.",
            "Keys for --set are those of models/*.yaml, such as optim.batch_size=64.",
        })
final class TrainCommand implements Callable<Integer> {

    private static final String FOLDER = "folder";

    @Spec private CommandSpec spec;

    @Mixin private PresetOptions what;

    @Option(
            names = "--data",
            paramLabel = "SPEC",
            description = "Data set or folder of images (default: the preset's).")
    private Optional<String> data;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder that holds the data sets (default: CM4J_DATA, else data).")
    private Optional<Path> dataDir;

    @Option(
            names = "--skip-bad",
            description = "Leave out pictures of a folder that cannot be read.")
    private boolean skipBad;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "RUN",
            description = "Folder of the run (default: runs/PRESET-DATE).")
    private Optional<Path> out;

    @Option(names = "--steps", paramLabel = "K", description = "Stop after K steps.")
    private Optional<Long> steps;

    @Option(names = "--minutes", paramLabel = "M", description = "Or after M minutes of training.")
    private Optional<Double> minutes;

    @Option(names = "--seed", paramLabel = "N", description = "Seed of everything (default: 0).")
    private Optional<Long> seed;

    @Option(names = "--resume", description = "Go on with the run in --out, or the newest one.")
    private boolean resume;

    @Mixin private MachineOptions machine;

    @Mixin private MemoryOptions memory;

    @Mixin private TeacherOptions teacher;

    @Option(
            names = "--preview-every",
            paramLabel = "M",
            defaultValue = "1",
            description = "Minutes between sample pictures; 0: at the end (default: 1).")
    private double previewEvery;

    @Mixin private ScoreOptions scores;

    @Mixin private KeepOptions keep;

    @Override
    public Integer call() {
        scores.check(spec);
        Device chosen = machine.prepare(spec);
        TrainPlan asked = Usage.check(spec, this::plan);
        Usage.run(spec, () -> check(asked));
        RunRecord record = record(asked, resume);
        try (Dataset dataset = dataset(asked.preset(), record)) {
            dataset.notices().forEach(this::say);
            List<String> classes = FolderClasses.overrides(what, asked.preset(), dataset);
            TrainPlan plan = Usage.check(spec, () -> fitted(asked, classes));
            Usage.run(spec, () -> DataFit.require(plan.preset(), dataset));
            FolderClasses.unlearnt(what, plan.preset(), dataset).ifPresent(this::say);
            boolean trainsTeacher =
                    teacher.isAuto(plan, resume) && TeacherMark.read(plan.folder()).isEmpty();
            if (trainsTeacher && !teach(plan, classes, dataset, chosen)) {
                return Main.INTERRUPTED;
            }
            return learn(plan, dataset, chosen);
        }
    }

    /** The recipe with the classes of one's own pictures; a run that goes on has them. */
    private TrainPlan fitted(TrainPlan plan, List<String> classes) {
        return resume && !what.isNamed() ? plan : plan.with(what.load(classes));
    }

    /** Everything that can be refused before the first image is read. */
    private void check(TrainPlan plan) {
        if (!resume) {
            FreshFolder.require(plan.folder());
            Resume.refuseCheckpoints(TeacherOptions.folder(plan.folder()));
        }
        teacher.check(plan, resume);
        plan.preset().requireFits(plan.budget());
    }

    /** Trains the teacher, or goes on with it; false where that was interrupted. */
    private boolean teach(TrainPlan plan, List<String> classes, Dataset dataset, Device chosen) {
        boolean goOn = resume && TeacherOptions.isBegun(plan);
        List<String> changes = new ArrayList<>(what.overrides());
        changes.addAll(classes);
        TrainPlan lesson = Usage.check(spec, () -> teacher.lesson(plan, changes, goOn));
        remember(plan);
        return conduct(lesson, goOn, dataset, chosen, Optional.empty(), report()::lesson)
                == StopReason.FINISHED;
    }

    /** Trains the model that was asked for. */
    private int learn(TrainPlan plan, Dataset dataset, Device chosen) {
        Optional<Path> path = teacher.path(plan, resume);
        if (path.isEmpty()) {
            return exit(conduct(plan, resume, dataset, chosen, Optional.empty(), report()::ended));
        }
        OpenOptions options =
                OpenOptions.standard()
                        .withDevice(chosen)
                        .withDtype(precision(plan, resume, chosen).dtype());
        try (Teacher known = Usage.check(spec, () -> Teacher.open(path.get(), options))) {
            Usage.run(
                    spec,
                    () -> {
                        known.requireFits(plan.preset());
                        known.mark().claim(plan.folder());
                    });
            remember(plan);
            return exit(
                    conduct(plan, resume, dataset, chosen, Optional.of(known), report()::ended));
        }
    }

    /** Lets a run be resumed that has no checkpoint yet, because its teacher comes first. */
    private void remember(TrainPlan plan) {
        if (!resume) {
            Preset preset = plan.preset();
            new RunPlan(preset.name(), plan.budget().text(), plan.seed())
                    .write(plan.folder(), preset.text());
        }
    }

    private static int exit(StopReason reason) {
        return reason == StopReason.FINISHED ? Main.DONE : Main.INTERRUPTED;
    }

    /** A run from its plan to its end. */
    private StopReason conduct(
            TrainPlan plan,
            boolean goOn,
            Dataset dataset,
            Device chosen,
            Optional<Teacher> known,
            Ending ending) {
        Preset preset = plan.preset();
        Precision precision = precision(plan, goOn, chosen);
        try (var supplies =
                new RunSupplies(
                        plan.folder(),
                        plan.seed(),
                        known,
                        Optional.of(new RunImages(dataset, preset.data().flips(), chosen)),
                        this::say)) {
            Run asked =
                    Usage.check(
                            spec,
                            () ->
                                    preset.run(
                                            plan.folder(),
                                            plan.budget(),
                                            plan.seed(),
                                            precision,
                                            Usage.check(spec, keep::policy),
                                            command(),
                                            supplies));
            try (var session =
                    Usage.check(
                            spec,
                            () ->
                                    TrainingSession.open(
                                            preset,
                                            asked,
                                            dataset,
                                            known,
                                            chosen,
                                            memory.budget()))) {
                report().begins(session.run(), preset, dataset);
                session.plan().ifPresent(report()::memory);
                return train(session, goOn, preset, dataset, ending);
            }
        }
    }

    private Precision precision(TrainPlan plan, boolean goOn, Device chosen) {
        return machine.precision(chosen, record(plan, goOn).precision());
    }

    private void say(String notice) {
        spec.commandLine().getErr().println(notice);
        spec.commandLine().getErr().flush();
    }

    /** What a run that goes on need not be told again. */
    private static RunRecord record(TrainPlan plan, boolean goOn) {
        return goOn ? RunRecord.of(plan.folder()) : RunRecord.NONE;
    }

    private Dataset dataset(Preset preset, RunRecord record) {
        Optional<String> named = data.or(() -> Usage.check(spec, record::presentData));
        String source = named.orElse(preset.data().dataset());
        if (named.isEmpty() && source.equals(FOLDER)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "preset " + preset.name() + " learns from a folder; name it with --data");
        }
        DataConfig config =
                DataConfig.defaults()
                        .withSize(preset.data().height())
                        .withChannels(preset.data().channels())
                        .withPictures(LabelRule.AUTO, ResizeRule.OPENAI, skipBad);
        Optional<Path> place = dataDir(record);
        return DataSource.open(source, place.map(config::withFolder).orElse(config));
    }

    private Optional<Path> dataDir(RunRecord record) {
        return dataDir.or(() -> Usage.check(spec, record::presentDataDir));
    }

    private TrainPlan plan() {
        if (steps.isPresent() && minutes.isPresent()) {
            throw new IllegalArgumentException("--steps and --minutes exclude each other");
        }
        Optional<Budget> budget = steps.map(Budget::steps).or(() -> minutes.map(Budget::minutes));
        return resume
                ? TrainPlan.resumed(out, what, budget, seed)
                : TrainPlan.fresh(out, what, budget, seed);
    }

    private StopReason train(
            TrainingSession session, boolean goOn, Preset preset, Dataset dataset, Ending ending) {
        PrintWriter err = spec.commandLine().getErr();
        Run run = session.run();
        ModelWriter model = session.model();
        Optional<Path> judgeDir = dataDir(goOn ? RunRecord.of(run.folder()) : RunRecord.NONE);
        try (var judge = scores.judge(spec, preset, dataset, judgeDir);
                TrainState state = Usage.check(spec, () -> session.state(goOn, this::say));
                var events =
                        TensorBoardEvents.create(
                                RunFolder.events(run.folder()), TrainingSession.ROW_EVERY);
                var progress = new ProgressListener(err, Main.terminal(spec))) {
            List<StepListener> listeners = new ArrayList<>();
            listeners.add(events);
            var previews =
                    new PreviewListener(
                            model, preset.sampling().average(), run.folder(), events, previewEvery);
            listeners.add(previews);
            judge.evaluation()
                    .ifPresent(found -> listeners.add(scoring(run, found, model, events)));
            listeners.add(new ReportListener(run.folder(), previews, err));
            listeners.add(progress);
            Trainer trainer = session.trainer(listeners);
            try (var _ = Interrupts.stopping(trainer::requestStop)) {
                StopReason reason = trainer.train(state);
                ending.report(run, state, reason);
                return reason;
            }
        }
    }

    private ScoreListener scoring(
            Run run, PictureEvaluation judge, ModelWriter model, TensorBoardEvents events) {
        var table = new ScoresCsv(RunFolder.scores(run.folder()));
        var best = new BestModels(run.folder(), scores.best(), model, table.byStep());
        return Usage.check(
                spec,
                () ->
                        new ScoreListener(
                                judge,
                                scores.every().orElseThrow(),
                                scores.count(),
                                model,
                                table,
                                events,
                                best));
    }

    /** What is said when a run has ended. */
    private interface Ending {
        void report(Run run, TrainState state, StopReason reason);
    }

    private TrainReport report() {
        return new TrainReport(spec.commandLine().getOut(), spec.commandLine().getErr());
    }

    private List<String> command() {
        List<String> words = new ArrayList<>(List.of("cm4j"));
        words.addAll(spec.commandLine().getParent().getParseResult().originalArgs());
        return words;
    }
}
