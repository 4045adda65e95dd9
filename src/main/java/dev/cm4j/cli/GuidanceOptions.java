package dev.cm4j.cli;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.GuidedPipeline;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Guidance of a model, for every command that makes pictures. */
final class GuidanceOptions {

    /** What the estimate moves away from. */
    enum Kind {
        /** The estimate without a class. */
        CLASSIFIER_FREE,
        /** The estimate of a weaker model. */
        AUTO,
        /** The embedding of no class. */
        EMBEDDING
    }

    /** Reads a kind. */
    static final class KindConverter extends KebabConverter<Kind> {
        KindConverter() {
            super(Kind.class);
        }
    }

    @Option(
            names = "--guidance",
            paramLabel = "W",
            description = "Weight of guidance; 1 is none, 2 and more is strong.")
    private Optional<Double> weight;

    @Option(
            names = "--guidance-kind",
            paramLabel = "KIND",
            converter = KindConverter.class,
            description =
                    "classifier-free, auto or embedding (default: auto with --weak, else"
                            + " classifier-free).")
    private Optional<Kind> kind;

    @Option(
            names = "--weak",
            paramLabel = "MODEL",
            description = "auto: the weaker model, such as one of an earlier step.")
    private Optional<Path> weak;

    /** Whether guidance was asked for. */
    boolean isPresent() {
        return weight.isPresent();
    }

    /** Complains of what does not belong together. */
    void check(CommandSpec spec) {
        if (weight.isEmpty() && (kind.isPresent() || weak.isPresent())) {
            throw new ParameterException(
                    spec.commandLine(), "guidance needs its weight: --guidance");
        }
        if (weak.isPresent() != (kind() == Kind.AUTO)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--weak and --guidance-kind auto belong together: one names the model");
        }
    }

    /**
     * The model under guidance; call if {@link #isPresent}.
     *
     * @param pipeline the model, borrowed
     * @param opened opens another model, which somebody else closes
     * @return the guided model, the caller's to close
     */
    GuidedPipeline guided(
            ConsistencyPipeline pipeline, Function<Path, ConsistencyPipeline> opened) {
        double w = weight.orElse(1.0);
        return switch (kind()) {
            case CLASSIFIER_FREE -> GuidedPipeline.classifierFree(pipeline, w);
            case AUTO -> GuidedPipeline.auto(pipeline, opened.apply(weak.orElseThrow()), w);
            case EMBEDDING -> GuidedPipeline.embedding(pipeline, w);
        };
    }

    private Kind kind() {
        return kind.orElse(weak.isPresent() ? Kind.AUTO : Kind.CLASSIFIER_FREE);
    }
}
