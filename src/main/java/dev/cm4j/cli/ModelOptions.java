package dev.cm4j.cli;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.OpenOptions;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.convert.SourceOptions;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How a model is run, for every command that runs one. */
final class ModelOptions {

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "64",
            description = "Pictures at a time (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Mixin private MachineOptions machine;

    private Device chosen = Device.CPU;

    int batch() {
        return batch;
    }

    /** Sets the threads and finds the device. */
    void prepare(CommandSpec spec) {
        chosen = machine.prepare(spec);
    }

    /** What says in a picture which model made it: a hash, or the name of a folder. */
    static String identity(Path model) {
        return Files.isDirectory(model)
                ? model.toAbsolutePath().normalize().getFileName().toString()
                : FileDigest.sha256(model);
    }

    /** Opens a model with the arithmetic asked for. */
    ConsistencyPipeline open(Path file) {
        return open(file, SourceOptions.NONE);
    }

    /** Opens the weights meant of a model. */
    ConsistencyPipeline open(Path file, SourceOptions source) {
        if (!Files.exists(file)) {
            throw new UncheckedIOException(new NoSuchFileException(file.toString()));
        }
        DType type = machine.precision(chosen).dtype();
        try {
            return ConsistencyPipeline.open(
                    file, new OpenOptions(chosen, Optional.of(type), source));
        } catch (FormatException e) {
            throw UnsaidFacts.explained(e);
        }
    }
}
