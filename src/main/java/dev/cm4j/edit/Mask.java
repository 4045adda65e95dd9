package dev.cm4j.edit;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.image.Picture;
import dev.cm4j.image.PictureFile;
import java.awt.geom.Path2D;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which pixels of a picture shall be made anew.
 *
 * @param height H in pixels
 * @param width W in pixels
 * @param paint [H, W] row-major, true where a pixel shall be made; shared, not copied
 */
public record Mask(int height, int width, boolean[] paint) {

    private static final int HALF = 128;
    private static final int FULL = 255;
    private static final int CORNERS = 3;

    /**
     * Checks the size.
     *
     * @throws IllegalArgumentException if there is not one value for each pixel
     */
    public Mask {
        if (height < 1 || width < 1 || paint.length != (long) height * width) {
            throw new IllegalArgumentException(
                    "%d values for a mask of %dx%d pixels".formatted(paint.length, width, height));
        }
    }

    /** Which pixels a rule picks. */
    @FunctionalInterface
    private interface Pick {
        boolean of(int x, int y);
    }

    private static Mask picked(int height, int width, Pick pick) {
        boolean[] paint = new boolean[Math.multiplyExact(height, width)];
        for (int i = 0; i < paint.length; i++) {
            paint[i] = pick.of(i % width, i / width);
        }
        return new Mask(height, width, paint);
    }

    /**
     * A mask in a file: transparent pixels shall be made; in a file without transparency, white
     * ones. The border is half.
     *
     * @param file a picture
     * @return the mask
     * @throws FormatException if the file is no picture
     */
    public static Mask read(Path file) {
        return transparent(file).orElseGet(() -> white(PictureFile.read(file)));
    }

    /**
     * The transparent pixels of a file.
     *
     * @param file a picture
     * @return the mask, empty where every pixel is wholly opaque
     * @throws FormatException if the file is no picture
     */
    public static Optional<Mask> transparent(Path file) {
        return PictureFile.opacity(file)
                .filter(opacity -> {
                    boolean solid = true;
                    for (byte value : opacity.bytes()) {
                        solid &= (value & FULL) == FULL;
                    }
                    return !solid;
                })
                .map(opacity -> white(opacity).inverse());
    }

    /**
     * The light pixels of a picture, at least half white.
     *
     * @param picture any picture
     * @return the mask
     */
    public static Mask white(Picture picture) {
        byte[] grey = picture.grey().bytes();
        int width = picture.width();
        return picked(picture.height(), width, (x, y) -> (grey[y * width + x] & FULL) >= HALF);
    }

    /**
     * A rectangle.
     *
     * @param height H of the picture
     * @param width W of the picture
     * @param left first column
     * @param top first row
     * @param across columns, at least 1
     * @param down rows, at least 1
     * @return the mask
     * @throws IllegalArgumentException unless the rectangle lies inside
     */
    public static Mask rectangle(int height, int width, int left, int top, int across, int down) {
        if (left < 0
                || top < 0
                || across < 1
                || down < 1
                || left > width - across
                || top > height - down) {
            throw new IllegalArgumentException(
                    "the rectangle %d,%d,%d,%d is not inside the %dx%d pixels of the picture"
                            .formatted(left, top, across, down, width, height));
        }
        return picked(
                height,
                width,
                (x, y) -> x >= left && x < left + across && y >= top && y < top + down);
    }

    /**
     * The pixels whose centres lie inside a polygon, by the even-odd rule.
     *
     * @param height H of the picture
     * @param width W of the picture
     * @param corners x, y of each corner in pixels from the upper left corner, three at least
     * @return the mask
     * @throws IllegalArgumentException if there are fewer, or half a one
     */
    public static Mask polygon(int height, int width, double... corners) {
        if (corners.length < 2 * CORNERS || corners.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "a polygon needs x and y of at least 3 corners, not %d numbers"
                            .formatted(corners.length));
        }
        var outline = new Path2D.Double(Path2D.WIND_EVEN_ODD);
        outline.moveTo(corners[0], corners[1]);
        for (int i = 2; i < corners.length; i += 2) {
            outline.lineTo(corners[i], corners[i + 1]);
        }
        outline.closePath();
        return picked(height, width, (x, y) -> outline.contains(x + 0.5, y + 0.5));
    }

    /**
     * What either mask paints.
     *
     * @param other a mask of the same size
     * @return a new mask
     * @throws IllegalArgumentException if the sizes differ
     */
    public Mask or(Mask other) {
        if (other.height != height || other.width != width) {
            throw new IllegalArgumentException(
                    "masks of %dx%d and %dx%d pixels cannot be joined"
                            .formatted(width, height, other.width, other.height));
        }
        return picked(height, width, (x, y) -> paint[y * width + x] || other.paint[y * width + x]);
    }

    /** What this mask leaves. */
    public Mask inverse() {
        return picked(height, width, (x, y) -> !paint[y * width + x]);
    }

    /** Number of pixels to be made. */
    public int count() {
        int count = 0;
        for (boolean made : paint) {
            count += made ? 1 : 0;
        }
        return count;
    }

    /**
     * A part of this mask.
     *
     * @param top first row
     * @param left first column
     * @param newHeight rows
     * @param newWidth columns
     * @return a new mask
     */
    public Mask crop(int top, int left, int newHeight, int newWidth) {
        return picked(newHeight, newWidth, (x, y) -> paint[(top + y) * width + left + x]);
    }

    /**
     * This mask on another number of pixels: a new pixel is made if it touches one that is.
     *
     * @param newHeight rows
     * @param newWidth columns
     * @return a new mask, or itself where the size is the same
     */
    public Mask resize(int newHeight, int newWidth) {
        if (newHeight == height && newWidth == width) {
            return this;
        }
        return picked(
                newHeight,
                newWidth,
                (x, y) -> {
                    int bottom = end(y, height, newHeight);
                    int right = end(x, width, newWidth);
                    boolean made = false;
                    for (int row = (int) ((long) y * height / newHeight); row < bottom; row++) {
                        for (int at = (int) ((long) x * width / newWidth); at < right; at++) {
                            made |= paint[row * width + at];
                        }
                    }
                    return made;
                });
    }

    /** One behind the last old pixel that new pixel i touches. */
    private static int end(int i, int size, int newSize) {
        return (int) Math.ceilDiv((i + 1L) * size, (long) newSize);
    }
}
