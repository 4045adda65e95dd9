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

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1",
            description = "Results of each picture (default: ${DEFAULT-VALUE}).")
    private int count;

    @Mixin private EditLevelOptions levels;

    @Override
    public Integer call() {
        var request = edit.request(spec, levels.choice(spec, first(), STEPS), count);
        int results = edit.files().size() * count;
        return edit.run(
                spec,
                results,
                results,
                Editor::fit,
                (editor, pictures) -> editor.stroke(pictures, request),
                EditWriter::beforeAndAfter);
    }

    private Optional<Double> first() {
        return sigma.or(() -> levels.named() ? Optional.empty() : Optional.of(USUAL_SIGMA));
    }
}
