package dev.cm4j.cli;

import dev.cm4j.checkpoint.ShardedSafetensors;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.convert.CheckpointDiff;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.Conversion;
import dev.cm4j.convert.OutputFormat;
import dev.cm4j.convert.SourceOptions;
import dev.cm4j.convert.TensorDigest;
import dev.cm4j.tensor.DType;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Brings weights from one form into another, and compares checkpoints. */
@Command(
        name = "convert",
        description = "Convert a checkpoint to another form, or compare two.",
        footer = {
            "",
            "Reads .pt, .pth, .bin, .safetensors and their index, diffusers folders, cm4j models,",
            "runs and checkpoints. The form of OUT follows from its suffix: .pt, .safetensors,",
            "none for a diffusers folder. Nothing is written unless every tensor fits. What cm4j",
            "trained keeps its description as .safetensors; a .pt is weights and nothing else.",
        })
final class ConvertCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IN", description = "A checkpoint: file or folder.")
    private Path in;

    @Parameters(
            index = "1",
            paramLabel = "OUT",
            description = "What to write; with --diff the checkpoint to compare with.")
    private Path out;

    @Option(
            names = "--to",
            paramLabel = "FORM",
            description = "pt, safetensors, diffusers or cm4j (default: by the suffix of OUT).")
    private Optional<OutputFormat> format;

    @Option(
            names = "--dtype",
            paramLabel = "TYPE",
            converter = WeightType.class,
            description = "f32, f16 or bf16 (default: as in IN).")
    private Optional<DType> dtype;

    @Option(
            names = "--shard-size",
            paramLabel = "SIZE",
            converter = ByteSize.FileConverter.class,
            description = "Spread safetensors over files of at most this size, such as 5GB.")
    private Optional<ByteSize> shardSize;

    @Option(
            names = "--check",
            description = "Read OUT again and compare every tensor and the network.")
    private boolean check;

    @Option(
            names = "--diff",
            description = "Compare IN with OUT instead; exit code 1 if they differ.")
    private boolean diff;

    @Mixin private SourceChoice choice;

    @Override
    public Integer call() throws IOException {
        SourceOptions options = choice.options(spec);
        if (diff) {
            return compare(options);
        }
        OutputFormat form = Usage.check(spec, () -> format.orElseGet(() -> OutputFormat.of(out)));
        OptionalLong shard =
                shardSize.map(size -> OptionalLong.of(size.bytes())).orElse(OptionalLong.empty());
        try (CheckpointSource source = CheckpointSource.open(in, options)) {
            Usage.run(spec, () -> options.requireUseful(source));
            convert(source, form, shard);
        }
        return Main.DONE;
    }

    private void convert(CheckpointSource source, OutputFormat form, OptionalLong shard)
            throws IOException {
        boolean index = out.toString().endsWith(ShardedSafetensors.SUFFIX);
        if (!index && Files.exists(out) && Files.isSameFile(in, out)) {
            throw new IllegalArgumentException(out + " is the checkpoint itself");
        }
        Conversion conversion = Usage.check(spec, () -> new Conversion(source, form, dtype, shard));
        source.notices().forEach(this::note);
        conversion.requireRange();
        Map<String, TensorEntry> result = conversion.result();
        String digest = progress("read", "", p -> TensorDigest.sha256(result, p));
        boolean card =
                form == OutputFormat.CM4J
                        || (form == OutputFormat.SAFETENSORS
                                && source.isOurs()
                                && shard.isEmpty()
                                && !index);
        Map<String, String> metadata = card ? ConvertedCard.metadata(source, digest) : Map.of();
        Path written = progress("write", " MB", p -> conversion.write(out, metadata, megabytes(p)));
        PrintWriter print = spec.commandLine().getOut();
        SourceReport.print(print, source);
        row(print, "tensors", String.format(Locale.ROOT, "%,d", result.size()));
        row(print, "parameters", SourceReport.parameters(result.values()));
        row(print, "sha256", digest + " (names, types, shapes and elements)");
        row(print, "out", written + ", " + (card ? OutputFormat.CM4J : form).words());
        var copy =
                new WrittenCopy(
                        source,
                        written,
                        form.words(),
                        card || form == OutputFormat.DIFFUSERS,
                        card);
        copy.notices().forEach(this::note);
        if (check) {
            progress("check", "", p -> checked(copy, result, p));
            row(print, "check", "every tensor reads back the same, and so does the network");
        }
    }

    private static WrittenCopy checked(
            WrittenCopy copy, Map<String, TensorEntry> expected, WriteProgress progress) {
        copy.check(expected, progress);
        return copy;
    }

    private int compare(SourceOptions options) {
        try (CheckpointSource first = CheckpointSource.open(in, options);
                CheckpointSource second = CheckpointSource.open(out, options)) {
            CheckpointDiff found =
                    progress(
                            "compare",
                            "",
                            p -> CheckpointDiff.of(first.entries(), second.entries(), p));
            DiffReport.print(spec.commandLine().getOut(), found);
            return found.isEmpty() ? Main.DONE : Main.FAILED;
        }
    }

    private void note(String notice) {
        spec.commandLine().getErr().println("note: " + notice);
    }

    /** Runs a step under a bar; the bar opens when the size of the step is known. */
    private <T> T progress(String task, String unit, Function<WriteProgress, T> step) {
        try (StepBar bar = new StepBar(spec, task, unit)) {
            return step.apply(bar);
        }
    }

    private static WriteProgress megabytes(WriteProgress progress) {
        return (written, total) -> progress.progressed(written / 1_000_000, total / 1_000_000);
    }

    private static void row(PrintWriter print, String name, String value) {
        print.printf("%-12s %s%n", name, value);
    }
}
