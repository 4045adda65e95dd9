package dev.cm4j.cli;

import dev.cm4j.Editor;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Colours grey pictures. */
@Command(
        name = "colourise",
        aliases = "colorize",
        description = "Give grey pictures colours; the lightness of each pixel is kept.",
        footer = {"", "A model of colour pictures is needed."})
final class ColouriseCommand implements Callable<Integer> {

    private static final int STEPS = 10;

    @Spec private CommandSpec spec;

    @Mixin private EditOptions edit;

    @Mixin private ResultOptions results;

    @Override
    public Integer call() {
        return results.run(
                spec,
                edit,
                Optional.empty(),
                STEPS,
                Editor::fit,
                (editor, pictures, request) -> editor.colourise(pictures, request));
    }
}
