package dev.cm4j.preset;

import java.util.List;

/**
 * What a preset expects of its data set. Where the files lie is said on the command line.
 *
 * @param dataset name of the data set: {@code mnist}, {@code cifar10} or {@code folder}
 * @param channels 1 for grey, 3 for colour
 * @param height in pixels
 * @param width in pixels
 * @param classNames names of the classes in label order; empty for data without labels, or whose
 *     classes are counted by the network alone, such as the thousand of a folder of folders
 * @param flips whether images are mirrored at random
 */
public record DataSection(
        String dataset,
        int channels,
        int height,
        int width,
        List<String> classNames,
        boolean flips) {

    public DataSection {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("channels must be 1 or 3, but is " + channels);
        }
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "images of " + width + "x" + height + " pixels do not exist");
        }
        classNames = List.copyOf(classNames);
    }
}
