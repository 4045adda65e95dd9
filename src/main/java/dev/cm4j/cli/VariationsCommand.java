package dev.cm4j.cli;

import dev.cm4j.EditedPicture;
import dev.cm4j.Editor;
import dev.cm4j.image.Picture;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes pictures like one. */
@Command(name = "variations", description = "Make pictures like one.")
final class VariationsCommand implements Callable<Integer> {

    @Spec private CommandSpec spec;

    @Mixin private EditOptions edit;

    @Option(
            names = "--strength",
            paramLabel = "A",
            defaultValue = "0.5",
            description = "How far from it, 0 to 1 (default: ${DEFAULT-VALUE}).")
    private double strength;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "8",
            description = "Variations of each picture (default: ${DEFAULT-VALUE}).")
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
        var request = edit.request(spec, levels.choice(spec, Optional.empty(), 1), count);
        int pictures = edit.files().size();
        return edit.run(
                spec,
                pictures * count,
                Math.max(iterations, 1),
                Editor::fit,
                (editor, all) -> {
                    List<EditedPicture> edited = new ArrayList<>();
                    for (Picture one : all) {
                        edited.add(editor.variations(one, strength, iterations, request));
                    }
                    return edited;
                },
                EditWriter::beforeAndAfter);
    }
}
