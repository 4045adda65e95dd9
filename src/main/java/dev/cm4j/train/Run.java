package dev.cm4j.train;

import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.nn.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A run: a recipe, how long, from which seed, and the folder it explains itself in.
 *
 * @param folder receives checkpoints and records, made where absent
 * @param preset name of the preset the recipe came from
 * @param recipe what is learnt
 * @param budget how long
 * @param seed decides first weights, order of the data, noise and dropout
 * @param precision arithmetic of the networks
 * @param checkpoints when they are written and which stay
 * @param configuration the resolved configuration, {@code key.path} to value
 * @param configurationText the same as YAML
 * @param command the words that started the run, for the record
 */
public record Run(
        Path folder,
        String preset,
        Recipe recipe,
        Budget budget,
        long seed,
        Precision precision,
        CheckpointPolicy checkpoints,
        Map<String, String> configuration,
        String configurationText,
        List<String> command) {

    public Run {
        configuration = Map.copyOf(configuration);
        command = List.copyOf(command);
    }

    /**
     * The same run with another number of images in a forward pass. The configuration does not
     * speak of it, so that a run may be resumed on a machine with less memory.
     *
     * @throws IllegalArgumentException if the batch is not a multiple of it
     */
    public Run withMicroBatch(int images) {
        return new Run(
                folder,
                preset,
                recipe.withMicroBatch(images),
                budget,
                seed,
                precision,
                checkpoints,
                configuration,
                configurationText,
                command);
    }

    /**
     * The same run with its teacher in its configuration, so that it is resumed with no other.
     *
     * @param teacher whom it learns from
     */
    public Run withTeacher(TeacherMark teacher) {
        Map<String, String> all = new TreeMap<>(configuration);
        all.putAll(teacher.configuration());
        return new Run(
                folder,
                preset,
                recipe,
                budget,
                seed,
                precision,
                checkpoints,
                all,
                configurationText,
                command);
    }

    /** Hash of the configuration, independent of the order of its keys. */
    String configurationSha256() {
        StringBuilder lines = new StringBuilder();
        new TreeMap<>(configuration)
                .forEach((key, value) -> lines.append(key).append('=').append(value).append('\n'));
        return FileDigest.sha256(lines.toString());
    }
}
