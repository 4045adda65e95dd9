package dev.cm4j.image;

import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.checkpoint.FormatException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;

/**
 * PNG files: 8 bits, grey or RGB, not interlaced, with remarks in tEXt chunks.
 *
 * <p>The same picture and remarks always give the same bytes. Source: W3C, Portable Network
 * Graphics (PNG) Specification, third edition.
 */
public final class Png {

    private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    private static final int GREY = 0;
    private static final int RGB = 2;
    private static final int LONGEST_KEYWORD = 79;

    private Png() {}

    /**
     * Writes a file that appears whole or not at all.
     *
     * @param file the file, replaced if it exists
     * @param picture what to write
     * @param text remarks: keyword (1 to 79 characters) to text, Latin-1 both
     * @throws IllegalArgumentException if a remark has other characters
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, Picture picture, Map<String, String> text) {
        byte[] bytes = encode(picture, text);
        AtomicFile.write(file, bytes);
    }

    /**
     * The bytes of a file.
     *
     * @param picture what to write
     * @param text remarks: keyword (1 to 79 characters) to text, Latin-1 both
     * @return a new array
     * @throws IllegalArgumentException if a remark has other characters
     */
    public static byte[] encode(Picture picture, Map<String, String> text) {
        var bytes = new ByteArrayOutputStream();
        try (var out = new DataOutputStream(bytes)) {
            out.write(SIGNATURE);
            byte[] header =
                    ByteBuffer.allocate(13)
                            .putInt(picture.width())
                            .putInt(picture.height())
                            .put((byte) 8)
                            .put((byte) (picture.channels() == 1 ? GREY : RGB))
                            .array();
            writeChunk(out, "IHDR", header);
            for (var remark : text.entrySet()) {
                writeChunk(out, "tEXt", remark(remark.getKey(), remark.getValue()));
            }
            var packed = new ByteArrayOutputStream();
            try (var deflater = new DeflaterOutputStream(packed)) {
                new PngRows(picture).writeTo(deflater);
            }
            writeChunk(out, "IDAT", packed.toByteArray());
            writeChunk(out, "IEND", new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * The remarks in a file's tEXt chunks.
     *
     * @param file a PNG file
     * @return keyword to text, in the file's order
     * @throws FormatException if the file is damaged or no PNG
     * @throws UncheckedIOException if it cannot be read
     */
    public static Map<String, String> text(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + e.getMessage(), e);
        }
        Map<String, String> text = new LinkedHashMap<>();
        try (var in = new DataInputStream(new ByteArrayInputStream(bytes))) {
            if (in.readLong() != ByteBuffer.wrap(SIGNATURE).getLong()) {
                throw new FormatException(file, "other first bytes", "a PNG file");
            }
            String type;
            do {
                int length = in.readInt();
                type = new String(in.readNBytes(4), StandardCharsets.ISO_8859_1);
                if (length < 0 || length > in.available() - 4) {
                    throw new FormatException(
                            file, "chunk " + type + " of " + length + " bytes", "a whole PNG file");
                }
                byte[] data = in.readNBytes(length);
                if (in.readInt() != crc(type, data)) {
                    throw new FormatException(
                            file, "chunk " + type + " with a wrong CRC", "an undamaged PNG file");
                }
                if (type.equals("tEXt")) {
                    String both = new String(data, StandardCharsets.ISO_8859_1);
                    int split = Math.max(0, both.indexOf('\0'));
                    text.putIfAbsent(
                            both.substring(0, split),
                            both.substring(Math.min(split + 1, both.length())));
                }
            } while (!type.equals("IEND"));
        } catch (IOException e) {
            throw new FormatException(file, "an end before the last chunk", "a whole PNG file", e);
        }
        return text;
    }

    private static byte[] remark(String keyword, String text) {
        String both = keyword + '\0' + text;
        if (keyword.isEmpty()
                || keyword.length() > LONGEST_KEYWORD
                || keyword.indexOf('\0') >= 0
                || text.indexOf('\0') >= 0
                || !StandardCharsets.ISO_8859_1.newEncoder().canEncode(both)) {
            throw new IllegalArgumentException(
                    "the remark '" + keyword + "' is no Latin-1 text with a keyword up to 79 long");
        }
        return both.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static void writeChunk(DataOutputStream out, String type, byte[] data)
            throws IOException {
        out.writeInt(data.length);
        out.writeBytes(type);
        out.write(data);
        out.writeInt(crc(type, data));
    }

    private static int crc(String type, byte[] data) {
        CRC32 crc = new CRC32();
        crc.update(type.getBytes(StandardCharsets.ISO_8859_1));
        crc.update(data);
        return (int) crc.getValue();
    }
}
