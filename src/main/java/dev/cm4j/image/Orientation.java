package dev.cm4j.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How a camera was held: what turns the pixels of a JPEG into the picture that is meant.
 *
 * <p>Source: Exif 2.3, tag 274, Orientation, of the first directory in segment APP1. What is not
 * said, or said brokenly, is upright; no byte is read that is not there.
 */
enum Orientation {
    UPRIGHT,
    MIRRORED,
    HALF_TURN,
    UPSIDE_DOWN_MIRRORED,
    TRANSPOSED,
    QUARTER_RIGHT,
    TRANSVERSE,
    QUARTER_LEFT;

    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY_BYTES = 12;
    private static final int APP1 = 0xE1;
    private static final int START_OF_SCAN = 0xDA;
    private static final byte[] EXIF = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);

    /**
     * Reads the orientation.
     *
     * @param jpeg a whole JPEG file, whatever is in it
     * @return upright where it says nothing
     */
    static Orientation of(byte[] jpeg) {
        int at = 2; // past the start of image
        while (at + 4 <= jpeg.length && (jpeg[at] & 0xFF) == 0xFF) {
            int marker = jpeg[at + 1] & 0xFF;
            if (marker == 0xFF) { // a byte of padding
                at++;
                continue;
            }
            int length = (jpeg[at + 2] & 0xFF) << 8 | (jpeg[at + 3] & 0xFF);
            int end = at + 2 + length;
            if (marker == START_OF_SCAN || length < 2 || end > jpeg.length) {
                return UPRIGHT;
            }
            int content = at + 4;
            if (marker == APP1 && begins(jpeg, content, end)) {
                return directory(ByteBuffer.wrap(jpeg, content, end - content).slice());
            }
            at = end;
        }
        return UPRIGHT;
    }

    private static boolean begins(byte[] jpeg, int from, int end) {
        return end - from >= EXIF.length
                && Arrays.equals(jpeg, from, from + EXIF.length, EXIF, 0, EXIF.length);
    }

    /** The tag in the first directory of a TIFF header that follows the word Exif. */
    private static Orientation directory(ByteBuffer segment) {
        ByteBuffer tiff = segment.position(EXIF.length).slice();
        if (tiff.remaining() < 8) {
            return UPRIGHT;
        }
        switch (tiff.getShort(0)) {
            case 0x4949 -> tiff.order(ByteOrder.LITTLE_ENDIAN);
            case 0x4D4D -> tiff.order(ByteOrder.BIG_ENDIAN);
            default -> {
                return UPRIGHT;
            }
        }
        long start = Integer.toUnsignedLong(tiff.getInt(4));
        if (start + 2 > tiff.limit()) {
            return UPRIGHT;
        }
        int count = Short.toUnsignedInt(tiff.getShort((int) start));
        for (int i = 0; i < count; i++) {
            long entry = start + 2 + (long) i * ENTRY_BYTES;
            if (entry + ENTRY_BYTES > tiff.limit()) {
                return UPRIGHT;
            }
            if (Short.toUnsignedInt(tiff.getShort((int) entry)) == TAG) {
                return value(tiff, (int) entry);
            }
        }
        return UPRIGHT;
    }

    private static Orientation value(ByteBuffer tiff, int entry) {
        int number = Short.toUnsignedInt(tiff.getShort(entry + 8));
        return tiff.getShort(entry + 2) == SHORT && number >= 1 && number <= values().length
                ? values()[number - 1]
                : UPRIGHT;
    }

    /**
     * The picture that is meant.
     *
     * @param stored as the file has it
     * @return itself where it is upright, else a new picture, height and width exchanged by quarter
     *     turns
     */
    Picture apply(Picture stored) {
        if (this == UPRIGHT) {
            return stored;
        }
        boolean turned = isQuarterTurn();
        int height = turned ? stored.width() : stored.height();
        int width = turned ? stored.height() : stored.width();
        int plane = height * width;
        byte[] from = stored.bytes();
        byte[] to = new byte[from.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int source = source(y, x, stored.height(), stored.width());
                for (int c = 0; c < stored.channels(); c++) {
                    to[c * plane + y * width + x] = from[c * plane + source];
                }
            }
        }
        return new Picture(stored.channels(), height, width, to);
    }

    private boolean isQuarterTurn() {
        return switch (this) {
            case UPRIGHT, MIRRORED, HALF_TURN, UPSIDE_DOWN_MIRRORED -> false;
            case TRANSPOSED, QUARTER_RIGHT, TRANSVERSE, QUARTER_LEFT -> true;
        };
    }

    /** Which stored pixel of a plane [H, W] is shown at row y and column x. */
    private int source(int y, int x, int height, int width) {
        int down = height - 1;
        int right = width - 1;
        return switch (this) {
            case UPRIGHT -> y * width + x;
            case MIRRORED -> y * width + right - x;
            case HALF_TURN -> (down - y) * width + right - x;
            case UPSIDE_DOWN_MIRRORED -> (down - y) * width + x;
            case TRANSPOSED -> x * width + y;
            case QUARTER_RIGHT -> (down - x) * width + y;
            case TRANSVERSE -> (down - x) * width + right - y;
            case QUARTER_LEFT -> x * width + right - y;
        };
    }
}
