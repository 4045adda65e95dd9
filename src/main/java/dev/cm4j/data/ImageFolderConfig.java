package dev.cm4j.data;

import dev.cm4j.image.Picture;

/**
 * How a folder of pictures becomes a data set.
 *
 * @param size side of the square images in pixels
 * @param channels 1 for grey, 3 for colour
 * @param labels where the classes come from
 * @param resize how a picture becomes square and small
 * @param skipBad whether a picture that cannot be read is left out and listed, rather than an error
 */
public record ImageFolderConfig(
        int size, int channels, LabelRule labels, ResizeRule resize, boolean skipBad) {

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if a size is below 1 or the channels are neither 1 nor 3
     */
    public ImageFolderConfig {
        if (size < 1 || size > Picture.MAX_SIDE) {
            throw new IllegalArgumentException("images of " + size + " pixels a side");
        }
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("channels must be 1 or 3, but is " + channels);
        }
    }

    /**
     * Colour images with the usual rules.
     *
     * @param size side in pixels
     * @return labels by the automatic rule, OpenAI's resizing, errors for bad files
     */
    public static ImageFolderConfig of(int size) {
        return new ImageFolderConfig(size, 3, LabelRule.AUTO, ResizeRule.OPENAI, false);
    }
}
