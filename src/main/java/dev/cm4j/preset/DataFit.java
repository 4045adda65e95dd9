package dev.cm4j.preset;

import dev.cm4j.data.Dataset;
import java.util.List;

/** Whether data are those that a preset was written for. */
public final class DataFit {

    private DataFit() {}

    /**
     * Refuses data that a preset cannot learn from.
     *
     * @param preset the recipe
     * @param dataset the images, borrowed
     * @throws IllegalArgumentException saying what differs and which keys say it
     */
    public static void require(Preset preset, Dataset dataset) {
        DataSection data = preset.data();
        if (dataset.channels() != data.channels()
                || dataset.height() != data.height()
                || dataset.width() != data.width()) {
            throw new IllegalArgumentException(
                    "images of %dx%dx%d do not fit preset %s, which learns %dx%dx%d"
                            .formatted(
                                    dataset.channels(),
                                    dataset.height(),
                                    dataset.width(),
                                    preset.name(),
                                    data.channels(),
                                    data.height(),
                                    data.width()));
        }
        if (preset.network().classes() > 0) {
            requireClasses(preset, dataset);
        }
    }

    private static void requireClasses(Preset preset, Dataset dataset) {
        int none = preset.method().labelDropout().isPresent() ? 1 : 0;
        int classes = preset.network().classes() - none;
        if (dataset.classes() != classes) {
            throw new IllegalArgumentException(
                    "data of %d classes do not fit a network of %d%s, network.classes"
                            .formatted(
                                    dataset.classes(),
                                    preset.network().classes(),
                                    none == 1 ? ", one of them for none" : ""));
        }
        List<String> wanted = preset.data().classNames();
        List<String> found = dataset.classNames();
        if (!wanted.isEmpty() && !found.isEmpty() && !wanted.equals(found)) {
            throw new IllegalArgumentException(
                    "the classes of the data are %s, but data.class_names of preset %s are %s"
                            .formatted(found, preset.name(), wanted));
        }
    }
}
