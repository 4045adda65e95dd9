package dev.cm4j.cli;

import dev.cm4j.Editor;
import dev.cm4j.edit.LevelChoice;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Removes noise. */
@Command(
        name = "denoise",
        description = "Remove noise from pictures in one evaluation.",
        footer = {
            "",
            "The estimate is the median of the finest diagonal details; where noise was cut off at",
            "black or white it is too small."
        })
final class DenoiseCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private EditOptions edit;

    @Option(
            names = "--sigma",
            paramLabel = "S",
            description = "The noise; 1 is 127.5 levels (default: estimated from each picture).")
    private Optional<Double> sigma;

    @Option(
            names = "--add",
            paramLabel = "S",
            defaultValue = "0",
            description = "Add this much noise first, to try it out.")
    private double added;

    @Override
    public Integer call() {
        var request = edit.request(spec, LevelChoice.steps(1), 1);
        OptionalDouble given =
                sigma.isPresent() ? OptionalDouble.of(sigma.get()) : OptionalDouble.empty();
        int results = edit.files().size();
        return edit.run(
                spec,
                results,
                results,
                Editor::fit,
                (editor, pictures) ->
                        editor.denoise(
                                added == 0
                                        ? pictures
                                        : editor.noisy(pictures, added, request.seed()),
                                given,
                                request),
                EditWriter::beforeAndAfter);
    }
}
