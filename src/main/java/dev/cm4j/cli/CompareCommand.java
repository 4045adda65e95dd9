package dev.cm4j.cli;

import dev.cm4j.compare.Comparison;
import dev.cm4j.compare.ComparisonConfig;
import dev.cm4j.compare.ComparisonFile;
import dev.cm4j.compare.Workplace;
import dev.cm4j.data.DataConfig;
import dev.cm4j.tensor.Device;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares models, samplers and data sets under one protocol. */
@Command(
        name = "compare",
        description = "Compare models and samplers: quality by evaluations, time and energy.",
        footer = {
            "",
            "FILE names data sets and entries in YAML; models/compare/README.md lists its keys.",
            "Models that are not there are trained. Every finished number is kept in --out:",
            "the same command goes on where Ctrl-C ended it, and measures only what is new.",
        })
final class CompareCommand implements Callable<Integer> {

    private static final Path FOLDER = Path.of("comparisons");

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "0..1", description = "What is compared, as YAML.")
    private Optional<Path> file;

    @Option(
            names = "--quick",
            description =
                    "Compare small models of drawn digits, trained in minutes; no files needed.")
    private boolean quick;

    @Option(
            names = {"-o", "--out"},
            paramLabel = "DIR",
            description = "Folder of the comparison (default: comparisons/NAME).")
    private Optional<Path> out;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Folder that holds the data sets (default: CM4J_DATA, else data).")
    private Optional<Path> dataDir;

    @Option(
            names = "--data",
            paramLabel = "NAME=SPEC",
            description = "Another source for a data set of FILE.")
    private Map<String, String> data = new LinkedHashMap<>();

    @Option(
            names = "--model",
            paramLabel = "NAME=MODEL",
            description = "A finished model for an entry of FILE, which is then not trained.")
    private Map<String, String> models = new LinkedHashMap<>();

    @Option(
            names = {"-n", "--num"},
            paramLabel = "N",
            description = "Pictures of each number (default: as FILE says).")
    private Optional<Integer> pictures;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "64",
            description = "Pictures sampled at a time (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Mixin private MachineOptions machine;

    @Override
    public Integer call() throws NoSuchFileException {
        if (quick == file.isPresent()) {
            throw new ParameterException(spec.commandLine(), "give either a FILE or --quick");
        }
        if (file.isPresent() && !Files.exists(file.get())) {
            throw new NoSuchFileException(file.get().toString());
        }
        ComparisonConfig config = Usage.check(spec, this::config);
        Device chosen = machine.prepare(spec);
        PrintWriter err = spec.commandLine().getErr();
        var place =
                Usage.check(
                        spec,
                        () ->
                                new Workplace(
                                        out.orElseGet(this::folder),
                                        dataDir.map(DataConfig.defaults()::withFolder)
                                                .orElseGet(DataConfig::defaults),
                                        chosen,
                                        machine.precision(chosen),
                                        batch,
                                        SamplerWords::of,
                                        Sentence::of,
                                        this::say,
                                        () -> new ProgressListener(err, Main.terminal(spec))));
        var comparison = new Comparison(config, place);
        Usage.run(spec, comparison::check);
        try (var _ = Interrupts.stopping(comparison::requestStop)) {
            Comparison.Ending ending = comparison.run();
            report(comparison, ending);
            return switch (ending) {
                case DONE -> Main.DONE;
                case INCOMPLETE -> Main.FAILED;
                case STOPPED -> Main.INTERRUPTED;
            };
        }
    }

    private ComparisonConfig config() {
        ComparisonConfig config = quick ? ComparisonFile.quick() : ComparisonFile.read(file.get());
        for (var change : data.entrySet()) {
            config = config.withData(change.getKey(), change.getValue());
        }
        for (var change : models.entrySet()) {
            config = config.withModel(change.getKey(), change.getValue());
        }
        return pictures.map(config::withPictures).orElse(config);
    }

    private Path folder() {
        String name = file.map(path -> path.getFileName().toString()).orElse("quick");
        return FOLDER.resolve(name.replaceFirst("\\.ya?ml$", ""));
    }

    private void say(String notice) {
        spec.commandLine().getErr().println(notice);
        spec.commandLine().getErr().flush();
    }

    private void report(Comparison comparison, Comparison.Ending ending) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("page  " + comparison.page());
        out.println("table " + comparison.table());
        switch (ending) {
            case DONE -> {}
            case INCOMPLETE -> out.println("incomplete; the page says what could not be done");
            case STOPPED -> out.println("interrupted; the same command goes on");
        }
        out.flush();
    }
}
