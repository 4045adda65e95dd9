package dev.cm4j.cli;

import dev.cm4j.Editor;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Makes pictures between two. */
@Command(name = "interpolate", description = "Make pictures between two.")
final class InterpolateCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private EditOptions edit;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "8",
            description = "Number of pictures, the ends among them (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--iterations",
            paramLabel = "N",
            defaultValue = "200",
            description = "Steps of the search for the noise; 0: none (default: ${DEFAULT-VALUE}).")
    private int iterations;

    @Mixin private LevelOptions levels;

    @Override
    public Integer call() {
        if (edit.files().size() != 2) {
            throw new ParameterException(
                    spec.commandLine(),
                    "an interpolation is between 2 pictures, not " + edit.files().size());
        }
        var request = edit.request(spec, levels.choice(spec, Optional.empty(), 1), count);
        return edit.run(
                spec,
                count,
                Math.max(iterations, 1),
                Editor::fit,
                (editor, pictures) ->
                        List.of(
                                editor.interpolate(
                                        pictures.getFirst(),
                                        pictures.getLast(),
                                        iterations,
                                        request)),
                EditWriter::between);
    }
}
