package dev.cm4j.cli;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.WriteProgress;
import dev.cm4j.convert.CheckpointDiff;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.PlainWeights;
import dev.cm4j.convert.SourceOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A checkpoint that was just written, and what its form says of the model.
 *
 * @param source what was converted, open
 * @param file what was written
 * @param form its form in words
 * @param described whether the file says what its weights do not
 * @param card whether it says all that a cm4j model does
 */
record WrittenCopy(
        CheckpointSource source, Path file, String form, boolean described, boolean card) {

    /** What to say when the file is read, and what is lost; empty for one with a card. */
    List<String> notices() {
        List<String> notices = new ArrayList<>();
        if (card) {
            return notices;
        }
        var plain = new PlainWeights(source, file);
        if (!described && !plain.needed().isEmpty()) {
            notices.add(
                    "a %s does not say all of its network; read it with %s"
                            .formatted(form, String.join(" ", plain.needed())));
        }
        if (!plain.lost().isEmpty()) {
            notices.add(
                    "lost in a %s: %s; a cm4j model keeps them: --to cm4j"
                            .formatted(form, String.join("; ", plain.lost())));
        }
        return notices;
    }

    /**
     * Reads the file again, with all that can be said about it.
     *
     * @param expected the tensors as they were written
     * @param progress hears of each tensor
     * @throws FormatException if a tensor differs, or the network or its use on noisy pictures
     */
    void check(Map<String, TensorEntry> expected, WriteProgress progress) {
        var plain = new PlainWeights(source, file);
        SourceOptions said = described ? SourceOptions.NONE : plain.options();
        try (CheckpointSource copy = CheckpointSource.open(file, said)) {
            CheckpointDiff found = CheckpointDiff.of(expected, copy.entries(), progress);
            if (!found.isIdentical()) {
                throw new FormatException(
                        file, DiffReport.summary(found), "the tensors just written; a bad disk?");
            }
            List<String> differences = plain.differences(copy);
            if (!differences.isEmpty()) {
                throw new FormatException(
                        file,
                        "another model when it is read back: " + String.join(", ", differences),
                        "a form that can hold it: --to cm4j");
            }
        }
    }
}
