package dev.cm4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.checkpoint.UnreadTensor;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.SourceOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Says what is in a file of weights without running anything. */
@Command(
        name = "info",
        description = "Show what a model or checkpoint holds.",
        footer = {
            "",
            "Reads cm4j models, runs and checkpoints, .safetensors and their index, PyTorch .pt,",
            ".pth and .bin, diffusers folders, and NumPy .npz files."
        })
final class InfoCommand implements Callable<Integer> {

    private static final String TRAINING = "training";
    private static final String CONFIGURATION = "configuration";

    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "The file.")
    private Path file;

    @Option(names = "--tensors", description = "List every tensor with its type and shape.")
    private boolean tensors;

    @Mixin private SourceChoice choice;

    @Override
    public Integer call() throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        StringWriter report = new StringWriter(); // whole, or not at all
        report(new PrintWriter(report), choice.options(spec));
        spec.commandLine().getOut().print(report);
        spec.commandLine().getOut().flush();
        return Main.DONE;
    }

    private void report(PrintWriter out, SourceOptions options) throws IOException {
        if (Files.isDirectory(file)) {
            try (CheckpointSource source = CheckpointSource.open(file, options)) {
                row(out, "folder", file.toString());
                row(out, "kind", source.kind());
                network(out, source, options);
                Collection<TensorEntry> entries = source.entries().values();
                row(out, "tensors", "" + entries.size());
                row(out, "parameters", SourceReport.parameters(entries));
                list(out, entries);
            }
            return;
        }
        try (TensorFile opened = TensorFile.open(file)) {
            Map<String, String> metadata =
                    opened instanceof SafetensorsFile s ? s.metadata() : Map.of();
            row(out, "file", file.toString());
            row(
                    out,
                    "kind",
                    metadata.containsKey(CheckpointSource.CARD) ? "cm4j model" : opened.kind());
            row(out, "size", String.format(Locale.ROOT, "%,d bytes", Files.size(file)));
            row(out, "sha256", FileDigest.sha256(file));
            Collection<TensorEntry> entries = opened.entries().values();
            List<UnreadTensor> unread = opened.unread();
            row(out, "tensors", "" + (entries.size() + unread.size()));
            row(out, "parameters", SourceReport.parameters(entries));
            if (!unread.isEmpty()) {
                row(out, "not read", UnreadTensor.words(unread));
            }
            recognise(out, options);
            metadata.forEach((key, value) -> metadata(out, key, value));
            list(out, entries);
            list(out, unread);
        }
    }

    private void list(PrintWriter out, Collection<TensorEntry> entries) {
        if (tensors) {
            out.println();
            entries.forEach(
                    e -> out.printf("%-4s %-20s %s%n", type(e), shape(e.shape()), e.name()));
        }
    }

    private void list(PrintWriter out, List<UnreadTensor> unread) {
        if (tensors) {
            unread.forEach(
                    e -> out.printf("%-4s %-20s %s%n", e.type(), shape(e.shape()), e.name()));
        }
    }

    /** The network, if the tensors are of one; any other file of tensors is fine too. */
    private void recognise(PrintWriter out, SourceOptions options) {
        try (CheckpointSource source = CheckpointSource.open(file, options)) {
            network(out, source, options);
        } catch (FormatException e) {
            String remedy = e.expected().startsWith("--") ? "; give " + e.expected() : "";
            row(out, "network", "none known: " + e.found() + remedy);
        }
    }

    private void network(PrintWriter out, CheckpointSource source, SourceOptions options) {
        Usage.run(spec, () -> options.requireUseful(source));
        SourceReport.network(out, source);
        source.notices().forEach(notice -> row(out, "note", notice));
    }

    private static String type(TensorEntry entry) {
        return entry.dtype().toString();
    }

    private static String shape(long[] sizes) {
        return Arrays.stream(sizes)
                .mapToObj(Long::toString)
                .collect(Collectors.joining("x", "[", "]"));
    }

    /** JSON is spread over lines, and the configuration inside a model card set apart. */
    private static void metadata(PrintWriter out, String key, String value) {
        var mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        try {
            if (value.startsWith("{") && mapper.readTree(value) instanceof ObjectNode tree) {
                Optional<JsonNode> text =
                        tree.get(TRAINING) instanceof ObjectNode training
                                ? Optional.ofNullable(training.remove(CONFIGURATION))
                                : Optional.empty();
                row(out, key, mapper.writeValueAsString(tree));
                text.ifPresent(yaml -> row(out, CONFIGURATION, "\n" + yaml.asText().indent(2)));
            } else {
                row(out, key, value);
            }
        } catch (JsonProcessingException e) {
            row(out, key, value);
        }
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf("%-12s %s%n", name, value);
    }
}
