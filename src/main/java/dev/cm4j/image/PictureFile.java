package dev.cm4j.image;

import dev.cm4j.checkpoint.FormatException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.SampleModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads JPEG, PNG, GIF and BMP files, told apart by their first bytes; the suffix means nothing.
 *
 * <p>Transparency is dropped, palettes are resolved, 16 bits become their upper 8, of several
 * frames the first counts, and a JPEG is turned as its Exif orientation says. The declared size is
 * checked before anything is decoded.
 */
public final class PictureFile {

    private static final List<String> FORMATS = List.of("jpeg", "png", "gif", "bmp");
    private static final int LONGEST_MAGIC = 8;
    private static final long LARGEST = 1L << 30; // the bytes of 2^28 pixels, four each

    // One bit a pixel, packed by the best ratio of deflate: no format here says more with a byte.
    private static final long MOST_PIXELS_OF_A_BYTE = 8 * 1100;

    private PictureFile() {}

    /**
     * Reads a picture.
     *
     * @param file the file
     * @return grey if the file is grey, else RGB
     * @throws FormatException if the file is damaged, too large, or no such picture
     * @throws UncheckedIOException if it cannot be read
     */
    public static Picture read(Path file) {
        return decode(
                file,
                (bytes, image) -> {
                    Picture stored = convert(file, image);
                    return format(bytes).equals("jpeg")
                            ? Orientation.of(bytes).apply(stored)
                            : stored;
                });
    }

    /**
     * Reads how opaque each pixel is.
     *
     * @param file the file
     * @return grey, 0 where nothing covers and 255 where all does; empty if the file says nothing
     *     about it
     * @throws FormatException if the file is damaged, too large, or no such picture
     * @throws UncheckedIOException if it cannot be read
     */
    public static Optional<Picture> opacity(Path file) {
        return decode(file, (_, image) -> opacity(image));
    }

    private static Optional<Picture> opacity(BufferedImage image) {
        if (!image.getColorModel().hasAlpha()) {
            return Optional.empty();
        }
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] bytes = new byte[Math.multiplyExact(width, height)];
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            image.getRGB(0, y, width, 1, row, 0, width);
            for (int x = 0; x < width; x++) {
                bytes[y * width + x] = (byte) (row[x] >>> 24);
            }
        }
        return Optional.of(new Picture(1, height, width, bytes));
    }

    private static <T> T decode(Path file, BiFunction<byte[], BufferedImage, T> content) {
        byte[] bytes = bytes(file);
        ImageReader reader = reader(file, bytes);
        try (ImageInputStream in =
                new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
            reader.addIIOReadWarningListener((_, warning) -> requireWhole(file, warning));
            reader.setInput(in, true, true);
            requireSize(file, reader.getWidth(0), reader.getHeight(0), bytes.length);
            return content.apply(bytes, reader.read(0));
        } catch (IOException | RuntimeException e) {
            if (e instanceof FormatException known) {
                throw known;
            }
            throw new FormatException(
                    file,
                    "a picture that cannot be decoded: "
                            + (e.getMessage() == null
                                    ? e.getClass().getSimpleName()
                                    : e.getMessage()),
                    "an undamaged grey or RGB picture",
                    e);
        } finally {
            reader.dispose();
        }
    }

    /**
     * A decoder of JPEG fills what is missing with grey and only warns; padding before a marker, as
     * cameras write it, is no loss.
     */
    private static void requireWhole(Path file, String warning) {
        boolean lost = warning.startsWith("Truncated") || warning.startsWith("Corrupt JPEG data");
        if (lost && !warning.contains("extraneous bytes")) {
            throw new FormatException(
                    file, "a damaged picture: " + warning, "an undamaged grey or RGB picture");
        }
    }

    /**
     * Whether a file's first bytes are those of a picture.
     *
     * @param file the file
     * @return true for JPEG, PNG, GIF and BMP
     * @throws UncheckedIOException if it cannot be read
     */
    public static boolean recognises(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return !format(in.readNBytes(LONGEST_MAGIC)).isEmpty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** The whole file, read only if it begins as a picture does and is no larger than one. */
    private static byte[] bytes(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(LONGEST_MAGIC);
            if (format(start).isEmpty()) {
                throw noPicture(file, start);
            }
            long size = Files.size(file);
            if (size > LARGEST) {
                throw new FormatException(
                        file, "a picture of " + size + " bytes", "at most " + LARGEST + " bytes");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static FormatException noPicture(Path file, byte[] start) {
        return new FormatException(
                file,
                start.length == 0 ? "an empty file" : "no picture by its first bytes",
                "a JPEG, PNG, GIF or BMP picture");
    }

    private static ImageReader reader(Path file, byte[] bytes) {
        String format = format(bytes);
        Iterator<ImageReader> readers =
                FORMATS.contains(format)
                        ? ImageIO.getImageReadersByFormatName(format)
                        : List.<ImageReader>of().iterator();
        if (!readers.hasNext()) {
            throw noPicture(file, bytes);
        }
        return readers.next();
    }

    private static String format(byte[] bytes) {
        if (startsWith(bytes, 0xFF, 0xD8, 0xFF)) {
            return "jpeg";
        }
        if (startsWith(bytes, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n')) {
            return "png";
        }
        if (startsWith(bytes, 'G', 'I', 'F', '8')) {
            return "gif";
        }
        return startsWith(bytes, 'B', 'M') ? "bmp" : "";
    }

    private static boolean startsWith(byte[] bytes, int... magic) {
        if (bytes.length < magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((bytes[i] & 0xFF) != magic[i]) {
                return false;
            }
        }
        return true;
    }

    private static void requireSize(Path file, int width, int height, long fileBytes) {
        long pixels = (long) width * height;
        if (width < 1
                || height < 1
                || width > Picture.MAX_SIDE
                || height > Picture.MAX_SIDE
                || pixels > Picture.MAX_PIXELS
                || pixels / MOST_PIXELS_OF_A_BYTE > fileBytes) {
            throw new FormatException(
                    file,
                    "%dx%d pixels declared in %d bytes".formatted(width, height, fileBytes),
                    "at most 65535 a side and 2^28 in all, in a file that can hold them");
        }
    }

    /** Samples as they are stored: Java's own conversion of grey would apply a tone curve. */
    private static Picture convert(Path file, BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        if (image.getColorModel() instanceof IndexColorModel palette) {
            return convertPalette(image.getRaster(), palette);
        }
        Raster raster = image.getRaster();
        SampleModel model = raster.getSampleModel();
        int bands = model.getNumBands();
        int space = image.getColorModel().getColorSpace().getType();
        if (bands > 4 || (space != ColorSpace.TYPE_GRAY && space != ColorSpace.TYPE_RGB)) {
            throw new FormatException(
                    file,
                    bands + " channels that are neither grey nor RGB",
                    "a grey or RGB picture; CMYK must be converted first");
        }
        int channels = bands < 3 ? 1 : 3;
        byte[] bytes = new byte[Math.multiplyExact(channels, width * height)];
        int[] row = new int[width];
        for (int c = 0; c < channels; c++) {
            int depth = model.getSampleSize(c);
            for (int y = 0; y < height; y++) {
                raster.getSamples(0, y, width, 1, c, row);
                int to = (c * height + y) * width;
                for (int x = 0; x < width; x++) {
                    bytes[to + x] =
                            (byte) (depth > 8 ? row[x] >> (depth - 8) : widen(row[x], depth));
                }
            }
        }
        return new Picture(channels, height, width, bytes);
    }

    /** Spreads fewer than 8 bits over the range of 8. */
    private static int widen(int value, int depth) {
        return depth == 8 ? value : value * 255 / ((1 << depth) - 1);
    }

    private static Picture convertPalette(Raster raster, IndexColorModel palette) {
        int width = raster.getWidth();
        int height = raster.getHeight();
        int plane = width * height;
        byte[] bytes = new byte[3 * plane];
        int[] row = new int[width];
        boolean grey = true;
        for (int y = 0; y < height; y++) {
            raster.getSamples(0, y, width, 1, 0, row);
            for (int x = 0; x < width; x++) {
                int colour = palette.getRGB(row[x]);
                int at = y * width + x;
                bytes[at] = (byte) (colour >> 16);
                bytes[plane + at] = (byte) (colour >> 8);
                bytes[2 * plane + at] = (byte) colour;
                grey &= bytes[at] == bytes[plane + at] && bytes[at] == bytes[2 * plane + at];
            }
        }
        Picture picture = new Picture(3, height, width, bytes);
        return grey ? new Picture(1, height, width, Arrays.copyOf(bytes, plane)) : picture;
    }
}
