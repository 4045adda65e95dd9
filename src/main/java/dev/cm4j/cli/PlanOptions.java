package dev.cm4j.cli;

import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.nn.PassMemory;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.preset.MethodObjective;
import dev.cm4j.preset.Preset;
import dev.cm4j.preset.Presets;
import dev.cm4j.preset.SourceCard;
import dev.cm4j.train.MachineMemory;
import dev.cm4j.train.MeasuredMemory;
import dev.cm4j.train.MemoryPlan;
import dev.cm4j.train.MemoryPlanner;
import dev.cm4j.train.Recipe;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What {@code doctor --plan} is asked, and what it answers. */
final class PlanOptions {

    private static final String USUAL = "digits";
    private static final int USUAL_PICTURES = 64;

    @Option(names = "--plan", description = "Say what memory training or sampling needs.")
    private boolean plan;

    @Option(
            names = {"-p", "--preset"},
            paramLabel = "NAME",
            description = "With --plan: the recipe to train (default: digits).")
    private Optional<String> preset;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "With --plan: sample from this model instead.")
    private Optional<Path> model;

    @Option(
            names = "--batch",
            paramLabel = "N",
            description = "With --plan: images of a step, or pictures at a time.")
    private Optional<Integer> batch;

    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "With --plan: f32, bf16 or f16 (default: what this machine is best at).")
    private Optional<Precision> precision;

    @Option(
            names = "--memory",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "With --plan: memory to stay within (default: 80%% of what is free).")
    private Optional<ByteSize> memory;

    @Option(
            names = "--measure",
            description = "With --plan: also take a step, and count what it holds.")
    private boolean measure;

    boolean isAsked() {
        return plan;
    }

    /**
     * Refuses what only a plan listens to.
     *
     * @throws ParameterException naming the option
     */
    void requireUnused(CommandSpec spec) {
        for (String name :
                List.of("--preset", "--model", "--batch", "--precision", "--memory", "--measure")) {
            if (IdleOptions.isGiven(spec, name)) {
                throw new ParameterException(
                        spec.commandLine(), name + " says something with --plan alone");
            }
        }
    }

    /**
     * Prints the plan.
     *
     * @return the exit code: failed where nothing fits
     * @throws IllegalArgumentException if the words contradict each other or name nothing
     */
    int print(PrintWriter out) {
        if (model.isPresent() && preset.isPresent()) {
            throw new IllegalArgumentException("--preset and --model exclude each other");
        }
        if (batch.isPresent() && batch.get() < 1) {
            throw new IllegalArgumentException("--batch " + batch.get() + " is not positive");
        }
        Precision arithmetic = precision.orElseGet(Precision::best);
        OptionalLong available = MachineMemory.here().available();
        long limit =
                memory.map(ByteSize::bytes)
                        .orElseGet(() -> MachineMemory.here().safe().orElse(Long.MAX_VALUE));
        String reason =
                memory.isPresent() || available.isEmpty()
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                ", %.0f%% of the %s free",
                                100 * MachineMemory.SAFE_SHARE,
                                MachineMemory.words(available.getAsLong()));
        String within = limit == Long.MAX_VALUE ? "no limit" : MachineMemory.words(limit) + reason;
        return model.isPresent()
                ? sampling(out, model.get(), arithmetic, limit, within)
                : training(out, arithmetic, limit, within);
    }

    private int training(PrintWriter out, Precision arithmetic, long limit, String within) {
        List<String> changes = batch.map(n -> List.of("optim.batch_size=" + n)).orElseGet(List::of);
        Preset named = Presets.named(preset.orElse(USUAL), changes);
        if (measure && named.needsTeacher()) {
            throw new IllegalArgumentException(
                    "--measure takes a step, for which preset "
                            + named.name()
                            + " needs a teacher; leave it out");
        }
        try (var supplies = new PlanSupplies()) {
            Recipe recipe = named.recipe(named.budget().budget(), supplies);
            return training(out, named, recipe, arithmetic, limit, within);
        }
    }

    private int training(
            PrintWriter out,
            Preset named,
            Recipe recipe,
            Precision arithmetic,
            long limit,
            String within) {
        // A teacher is taken to be as large as its student.
        Optional<UNetConfig> teacher = Optional.of(recipe.network()).filter(_ -> teaches(named));
        MemoryPlanner planner = MemoryPlanner.of(recipe, arithmetic, teacher);
        MemoryPlan whole = planner.plan(recipe.batchSize(), false);
        Optional<MemoryPlan> chosen = planner.within(limit);
        out.printf(
                "training %s, %s, steps of %d images, within %s%n%n",
                named.name(), name(arithmetic), recipe.batchSize(), within);
        new PlanTable(whole, chosen.orElseGet(planner::smallest)).print(out);
        out.println();
        out.println(PlanTable.verdict(whole, chosen));
        chosen.filter(_ -> measure)
                .ifPresent(taken -> {
                    Recipe parts = recipe.withMicroBatch(taken.microBatch());
                    long held = MeasuredMemory.ofStep(parts, arithmetic, taken.checkpointing());
                    out.printf(
                            Locale.ROOT,
                            "Measured: %s, %.0f%% of the plan.%n",
                            MachineMemory.words(held),
                            100.0 * held / taken.total());
                });
        return chosen.isPresent() ? Main.DONE : Main.FAILED;
    }

    /** Whether a teacher takes passes in training; pairs are made before. */
    private static boolean teaches(Preset named) {
        return named.needsTeacher()
                && named.method().phases().stream()
                        .noneMatch(p -> p.objective() instanceof MethodObjective.KdObjective);
    }

    private int sampling(
            PrintWriter out, Path file, Precision arithmetic, long limit, String within) {
        UNetConfig network;
        try (CheckpointSource opened = CheckpointSource.open(file)) {
            network = SourceCard.of(opened).network();
        }
        int pictures = batch.orElse(USUAL_PICTURES);
        PassMemory pass = PassMemory.inference(network, arithmetic, pictures);
        // The fast path packs weights as it reads them; the flat vector stays in the file.
        long weights = pass.exact() ? pass.weights() : pass.parameters() + pass.weights();
        long beside = pass.activations() + pass.workspace();
        long total = weights + beside;
        out.printf(
                "sampling from %s, %s, %d pictures at a time, within %s%n%n",
                file, name(arithmetic), pictures, within);
        PlanTable.row(out, "weights", weights);
        PlanTable.row(out, "pass", beside);
        PlanTable.row(out, "total", total);
        out.println();
        out.println(total <= limit ? "This fits." : "This does not fit; try a smaller --batch.");
        return total <= limit ? Main.DONE : Main.FAILED;
    }

    private static String name(Precision arithmetic) {
        return arithmetic.name().toLowerCase(Locale.ROOT);
    }
}
