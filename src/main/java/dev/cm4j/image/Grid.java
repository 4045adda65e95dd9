package dev.cm4j.image;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Many pictures on one canvas, row by row, with two black pixels around and between them.
 *
 * <pre>
 *   columns = min(columns, n)
 *   canvas  = (rows (H + 2) + 2) × (columns (W + 2) + 2)
 * </pre>
 *
 * Source: {@code torchvision.utils.make_grid} with its defaults.
 */
public final class Grid {

    private static final int PADDING = 2;

    private Grid() {}

    /**
     * Columns of a grid that is about square.
     *
     * @param count number of pictures
     * @return ⌈√count⌉
     */
    public static int columns(int count) {
        return (int) Math.ceil(Math.sqrt(count));
    }

    /**
     * Lays pictures out.
     *
     * @param pictures at least one, all of one size
     * @param columns pictures in a row, at least 1
     * @return the canvas
     * @throws IllegalArgumentException if sizes differ, or the canvas would be too large
     */
    public static Picture of(List<Picture> pictures, int columns) {
        if (pictures.isEmpty() || columns < 1) {
            throw new IllegalArgumentException(
                    pictures.size() + " pictures in " + columns + " columns make no grid");
        }
        Picture first = pictures.getFirst();
        int across = Math.min(columns, pictures.size());
        int rows = (pictures.size() + across - 1) / across;
        long height = (long) rows * (first.height() + PADDING) + PADDING;
        long width = (long) across * (first.width() + PADDING) + PADDING;
        if (height * width * first.channels() > Picture.MAX_PIXELS) {
            throw new IllegalArgumentException(
                    "a grid of %dx%d pixels is too large; write fewer pictures, or single files"
                            .formatted(width, height));
        }
        byte[] canvas = new byte[(int) (first.channels() * height * width)];
        for (int n = 0; n < pictures.size(); n++) {
            Picture picture = pictures.get(n);
            if (picture.channels() != first.channels()
                    || picture.height() != first.height()
                    || picture.width() != first.width()) {
                throw new IllegalArgumentException(
                        "a grid of different sizes: " + first + " and " + picture);
            }
            int top = PADDING + n / across * (first.height() + PADDING);
            int left = PADDING + n % across * (first.width() + PADDING);
            for (int c = 0; c < first.channels(); c++) {
                for (int y = 0; y < first.height(); y++) {
                    System.arraycopy(
                            picture.bytes(),
                            (c * first.height() + y) * first.width(),
                            canvas,
                            (int) ((c * height + top + y) * width + left),
                            first.width());
                }
            }
        }
        return new Picture(first.channels(), (int) height, (int) width, canvas);
    }

    /**
     * Lays the images of a tensor out.
     *
     * @param images [N, C, H, W] u8
     * @param columns pictures in a row, at least 1
     * @return the canvas
     * @throws IllegalArgumentException if the tensor has another shape or type
     */
    public static Picture of(Tensor images, int columns) {
        return of(pictures(images), columns);
    }

    /**
     * The images of a tensor one by one.
     *
     * @param images [N, C, H, W] u8
     * @return N pictures
     * @throws IllegalArgumentException if the tensor has another shape or type
     */
    public static List<Picture> pictures(Tensor images) {
        if (images.rank() != 4 || images.dtype() != DType.U8) {
            throw new IllegalArgumentException("not [N, C, H, W] U8 but " + images);
        }
        byte[] all = images.toBytes();
        int channels = (int) images.size(1);
        int height = (int) images.size(2);
        int width = (int) images.size(3);
        int bytes = channels * height * width;
        List<Picture> pictures = new ArrayList<>();
        for (int at = 0; at < all.length; at += bytes) {
            pictures.add(
                    new Picture(channels, height, width, Arrays.copyOfRange(all, at, at + bytes)));
        }
        return pictures;
    }
}
