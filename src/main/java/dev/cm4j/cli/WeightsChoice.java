package dev.cm4j.cli;

import dev.cm4j.convert.ArchitectureHints;
import dev.cm4j.convert.SourceOptions;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which weights of a checkpoint are meant, for every command that opens one. */
final class WeightsChoice {

    @Option(
            names = "--key",
            paramLabel = "NAME",
            description = "Container in a .pt (ema), or weights of a run (model, ema-0.9999).")
    private Optional<String> key;

    @Option(
            names = "--variant",
            paramLabel = "NAME",
            description = "Weights of a diffusers folder, such as fp16.")
    private Optional<String> variant;

    @Option(
            names = "--image-size",
            paramLabel = "N",
            description = "Height and width of the pictures, which weights do not say.")
    private Optional<Integer> imageSize;

    /** The container asked for. */
    Optional<String> key() {
        return key;
    }

    /** The variant asked for. */
    Optional<String> variant() {
        return variant;
    }

    /** The size of the pictures. */
    OptionalInt imageSize() {
        return imageSize.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    /** What is known where nothing else can be said. */
    SourceOptions options(CommandSpec spec) {
        return Usage.check(
                spec,
                () ->
                        new SourceOptions(
                                key,
                                Optional.empty(),
                                Optional.empty(),
                                new ArchitectureHints(
                                        imageSize(),
                                        OptionalInt.empty(),
                                        OptionalInt.empty(),
                                        OptionalInt.empty()),
                                variant,
                                Optional.empty(),
                                OptionalInt.empty()));
    }
}
