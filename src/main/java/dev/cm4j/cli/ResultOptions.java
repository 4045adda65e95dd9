package dev.cm4j.cli;

import dev.cm4j.EditRequest;
import dev.cm4j.EditedPicture;
import dev.cm4j.Editor;
import dev.cm4j.edit.PictureFit;
import dev.cm4j.image.Picture;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How many results of each picture, and at which noise levels: for edits without a search. */
final class ResultOptions {

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "1",
            description = "Results of each picture (default: ${DEFAULT-VALUE}).")
    private int count;

    @Mixin private LevelOptions levels;

    /** An edit of all pictures, as often and at the levels asked for. */
    @FunctionalInterface
    interface Edit {
        List<EditedPicture> of(Editor editor, List<Picture> pictures, EditRequest request);
    }

    /**
     * Runs an edit whose sheet shows each picture before and after.
     *
     * @param spec the command
     * @param options what every edit is told
     * @param first the first level where a number of steps is asked for, empty for the largest
     * @param steps number of steps where nothing is said
     * @param size what pictures are resized to
     * @param edit from an editor and the pictures to what became of them
     * @return the exit code
     */
    int run(
            CommandSpec spec,
            EditOptions options,
            Optional<Double> first,
            int steps,
            Function<Editor, PictureFit> size,
            Edit edit) {
        EditRequest request = options.request(spec, levels.choice(spec, first, steps), count);
        int results = options.files().size() * count;
        return options.run(
                spec,
                results,
                results,
                size,
                (editor, pictures) -> edit.of(editor, pictures, request),
                EditWriter::beforeAndAfter);
    }

    /** Whether the first level is named by a list. */
    boolean namesLevels() {
        return levels.named();
    }
}
