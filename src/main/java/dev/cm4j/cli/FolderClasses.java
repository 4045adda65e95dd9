package dev.cm4j.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.data.Dataset;
import dev.cm4j.data.ImageFolder;
import dev.cm4j.preset.Preset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The classes of one's own pictures, which take the place of those of a recipe that was written for
 * another data set.
 */
final class FolderClasses {

    private static final String FOLDER = "folder";

    private FolderClasses() {}

    /**
     * What a recipe must say to learn the classes that a folder has.
     *
     * @param what the recipe asked for
     * @param preset that recipe
     * @param dataset the data that were named
     * @return {@code key=value}; nothing where the data are no pictures in a folder, the recipe is
     *     one for folders, or the user said the classes himself
     */
    static List<String> overrides(PresetOptions what, Preset preset, Dataset dataset) {
        boolean foreign = !preset.data().dataset().equals(FOLDER);
        if (!(dataset instanceof ImageFolder) || !foreign || what.saysClasses()) {
            return List.of();
        }
        List<String> words = new ArrayList<>();
        words.add("data.dataset=" + FOLDER);
        words.add("data.class_names=" + json(names(dataset)));
        boolean dropped = preset.method().labelDropout().isPresent();
        if (dataset.classes() > 0) {
            words.add("network.classes=" + (dataset.classes() + (dropped ? 1 : 0)));
        } else {
            words.add("network.classes=0");
        }
        if (dropped && dataset.classes() == 0) {
            words.add("method.label_dropout=null"); // there is nothing to drop
        }
        return words;
    }

    /**
     * Says that folders are not learnt as classes, where nobody asked for that.
     *
     * @param what the recipe asked for
     * @param preset that recipe, for a folder
     * @param dataset the data
     */
    static Optional<String> unlearnt(PresetOptions what, Preset preset, Dataset dataset) {
        boolean known = preset.network().classes() > 0 || what.saysClasses();
        if (!(dataset instanceof ImageFolder) || dataset.classes() < 2 || known) {
            return Optional.empty();
        }
        return Optional.of(
                "the "
                        + dataset.classes()
                        + " folders are not learnt as classes: network.classes of preset "
                        + preset.name()
                        + " is 0");
    }

    /** Names that are not known are numbers. */
    private static List<String> names(Dataset dataset) {
        return dataset.classNames().isEmpty()
                ? IntStream.range(0, dataset.classes()).mapToObj(Integer::toString).toList()
                : dataset.classNames();
    }

    private static String json(List<String> names) {
        try {
            return new ObjectMapper().writeValueAsString(names);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write names as JSON", e);
        }
    }
}
