package dev.cm4j.cli;

import dev.cm4j.Editor;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Turns strokes into pictures. */
@Command(name = "stroke", description = "Turn rough strokes into pictures like the model's.")
final class StrokeCommand implements Callable<Integer> {

    private static final int STEPS = 4;
    private static final double USUAL_SIGMA = 2;

    @Spec private CommandSpec spec;

    @Mixin private EditOptions edit;

    @Option(
            names = "--sigma",
            paramLabel = "S",
            description = "First noise level: the larger, the freer (default: 2).")
    private Optional<Double> sigma;

    @Mixin private ResultOptions results;

    @Override
    public Integer call() {
        return results.run(
                spec,
                edit,
                first(),
                STEPS,
                Editor::fit,
                (editor, pictures, request) -> editor.stroke(pictures, request));
    }

    private Optional<Double> first() {
        return sigma.or(() -> results.namesLevels() ? Optional.empty() : Optional.of(USUAL_SIGMA));
    }
}
