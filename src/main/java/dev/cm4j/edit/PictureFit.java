package dev.cm4j.edit;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Resample;
import java.util.Optional;

/**
 * How pictures of any size become those of a model: turned grey or into three channels, cut to the
 * model's proportions around the middle, and resized.
 *
 * @param channels C of the model, 1 or 3
 * @param height H of the model in pixels
 * @param width W of the model in pixels
 */
public record PictureFit(int channels, int height, int width) {

    /**
     * The part that is used, in its own size.
     *
     * @param picture any picture
     * @return in the model's channels and proportions, to the pixel
     */
    public Picture cut(Picture picture) {
        Picture same = channels == 1 ? picture.grey() : picture.colour();
        int rows = rows(picture.height(), picture.width());
        int columns = columns(picture.height(), picture.width());
        return rows == picture.height() && columns == picture.width()
                ? same
                : same.crop(
                        (picture.height() - rows) / 2,
                        (picture.width() - columns) / 2,
                        rows,
                        columns);
    }

    /**
     * The same part of a mask.
     *
     * @param mask any mask
     * @return in the model's proportions, to the pixel
     */
    public Mask cut(Mask mask) {
        int rows = rows(mask.height(), mask.width());
        int columns = columns(mask.height(), mask.width());
        return mask.crop((mask.height() - rows) / 2, (mask.width() - columns) / 2, rows, columns);
    }

    /**
     * A picture of the model's size.
     *
     * @param picture any picture
     * @param filter how pixels are mixed
     * @return in the model's channels, height and width
     */
    public Picture apply(Picture picture, Resample filter) {
        return filter.resize(cut(picture), height, width);
    }

    /**
     * What is done to a picture, for those who read along.
     *
     * @param picture any picture
     * @return words such as {@code 512x400 pixels cut to 400x400, resized to 28x28}; empty where it
     *     fits as it is
     */
    public Optional<String> remark(Picture picture) {
        Picture cut = cut(picture);
        StringBuilder words = new StringBuilder();
        if (cut.channels() != picture.channels()) {
            words.append(channels == 1 ? ", turned grey" : ", given three channels");
        }
        if (cut.height() != picture.height() || cut.width() != picture.width()) {
            words.append(", cut to %dx%d around the middle".formatted(cut.width(), cut.height()));
        }
        if (cut.height() != height || cut.width() != width) {
            words.append(", resized to %dx%d".formatted(width, height));
        }
        return words.isEmpty()
                ? Optional.empty()
                : Optional.of("%dx%d pixels".formatted(picture.width(), picture.height()) + words);
    }

    private int rows(int oldHeight, int oldWidth) {
        return Math.clamp((long) oldWidth * height / width, 1, oldHeight);
    }

    private int columns(int oldHeight, int oldWidth) {
        return Math.clamp((long) oldHeight * width / height, 1, oldWidth);
    }
}
