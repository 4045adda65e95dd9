package dev.cm4j.image;

import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;

/**
 * One picture as bytes.
 *
 * @param channels C: 1 grey, 3 red, green, blue
 * @param height H in pixels, 1 to 65,535
 * @param width W in pixels, 1 to 65,535
 * @param bytes [C, H, W] row-major, unsigned; shared, not copied
 */
public record Picture(int channels, int height, int width, byte[] bytes) {

    /** Longest side in pixels. */
    public static final int MAX_SIDE = 65_535;

    /** Most pixels of a picture. */
    public static final long MAX_PIXELS = 1L << 28;

    /**
     * Checks that sizes and bytes fit together.
     *
     * @throws IllegalArgumentException if a size is out of range or the bytes are of another number
     */
    public Picture {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException(channels + " channels make no picture; 1 or 3 do");
        }
        if (height < 1 || width < 1 || height > MAX_SIDE || width > MAX_SIDE) {
            throw new IllegalArgumentException(
                    "no picture has " + width + "x" + height + " pixels");
        }
        if (bytes.length != (long) channels * height * width) {
            throw new IllegalArgumentException(
                    "%d bytes for a picture of %dx%dx%d"
                            .formatted(bytes.length, channels, height, width));
        }
    }

    /**
     * A copy of a tensor's bytes.
     *
     * @param image [C, H, W] u8
     * @return the picture
     * @throws IllegalArgumentException if the tensor has another shape or type
     */
    public static Picture of(Tensor image) {
        if (image.rank() != 3 || image.dtype() != DType.U8) {
            throw new IllegalArgumentException("not [C, H, W] U8 but " + image);
        }
        return new Picture(
                (int) image.size(0), (int) image.size(1), (int) image.size(2), image.toBytes());
    }

    /**
     * This picture in shades of grey, L = (19595 R + 38470 G + 7471 B + 2¹⁵) / 2¹⁶ as Pillow has
     * it.
     *
     * @return itself if it is grey
     */
    public Picture grey() {
        if (channels == 1) {
            return this;
        }
        int plane = height * width;
        byte[] grey = new byte[plane];
        for (int i = 0; i < plane; i++) {
            int light =
                    19595 * (bytes[i] & 0xFF)
                            + 38470 * (bytes[plane + i] & 0xFF)
                            + 7471 * (bytes[2 * plane + i] & 0xFF)
                            + 0x8000;
            grey[i] = (byte) (light >> 16);
        }
        return new Picture(1, height, width, grey);
    }

    /**
     * This picture in three channels.
     *
     * @return itself if it has three
     */
    public Picture colour() {
        if (channels == 3) {
            return this;
        }
        int plane = height * width;
        byte[] colour = Arrays.copyOf(bytes, 3 * plane);
        System.arraycopy(bytes, 0, colour, plane, plane);
        System.arraycopy(bytes, 0, colour, 2 * plane, plane);
        return new Picture(3, height, width, colour);
    }

    /**
     * A part of this picture.
     *
     * @param top first row
     * @param left first column
     * @param newHeight rows
     * @param newWidth columns
     * @return a new picture
     * @throws IllegalArgumentException if the part is not inside
     */
    public Picture crop(int top, int left, int newHeight, int newWidth) {
        if (top < 0 || left < 0 || newHeight > height - top || newWidth > width - left) {
            throw new IllegalArgumentException(
                    "no part %dx%d at (%d, %d) in %dx%d"
                            .formatted(newWidth, newHeight, left, top, width, height));
        }
        byte[] part = new byte[channels * newHeight * newWidth];
        for (int c = 0; c < channels; c++) {
            for (int y = 0; y < newHeight; y++) {
                System.arraycopy(
                        bytes,
                        (c * height + top + y) * width + left,
                        part,
                        (c * newHeight + y) * newWidth,
                        newWidth);
            }
        }
        return new Picture(channels, newHeight, newWidth, part);
    }

    /**
     * This picture with every pixel as a square of pixels.
     *
     * @param factor side of the square, at least 1
     * @return a new picture, factor times as high and wide
     */
    public Picture enlarge(int factor) {
        int newHeight = Math.multiplyExact(height, factor);
        int newWidth = Math.multiplyExact(width, factor);
        byte[] large = new byte[Math.multiplyExact(channels * newHeight, newWidth)];
        for (int row = 0; row < channels * newHeight; row++) {
            int source = (row / newHeight * height + row % newHeight / factor) * width;
            for (int x = 0; x < newWidth; x++) {
                large[row * newWidth + x] = bytes[source + x / factor];
            }
        }
        return new Picture(channels, newHeight, newWidth, large);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Picture picture
                && channels == picture.channels
                && height == picture.height
                && width == picture.width
                && Arrays.equals(bytes, picture.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * (31 * channels + height) + width) + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "Picture[" + channels + ", " + height + ", " + width + "]";
    }
}
