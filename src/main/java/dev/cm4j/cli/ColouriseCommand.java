package dev.cm4j.cli;

import dev.cm4j.Editor;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
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

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1",
            description = "Results of each picture (default: ${DEFAULT-VALUE}).")
    private int count;

    @Mixin private EditLevelOptions levels;

    @Override
    public Integer call() {
        var request = edit.request(spec, levels.choice(spec, Optional.empty(), STEPS), count);
        int results = edit.files().size() * count;
        return edit.run(
                spec,
                results,
                results,
                Editor::fit,
                (editor, pictures) -> editor.colourise(pictures, request),
                EditWriter::beforeAndAfter);
    }
}
