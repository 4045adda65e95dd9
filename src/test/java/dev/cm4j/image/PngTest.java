package dev.cm4j.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures to files and back, remarks, and files that are no pictures. */
class PngTest {

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void whatIsWrittenIsRead(int channels) {
        Picture picture = ResampleParityTest.pattern(13, 7, channels);
        Map<String, String> text = new LinkedHashMap<>();
        text.put("cm4j", "0.1.0");
        text.put("labels", "3, 7 é");
        Path file = folder.resolve("x.png");
        Png.write(file, picture, text);
        assertEquals(picture, PictureFile.read(file));
        assertEquals(text, Png.text(file));
        assertArrayEquals(Png.encode(picture, text), Png.encode(picture, text));
    }

    @Test
    void remarksAreLatin() {
        Picture picture = ResampleParityTest.pattern(2, 2, 1);
        for (var bad : List.of(Map.of("", "x"), Map.of("k", "日"), Map.of("k".repeat(80), "x"))) {
            assertThrows(IllegalArgumentException.class, () -> Png.encode(picture, bad));
        }
    }

    @Test
    void everyCutIsRefused() throws IOException {
        byte[] bytes = Png.encode(ResampleParityTest.pattern(40, 30, 3), Map.of("a", "b"));
        for (int eighth = 0; eighth < 8; eighth++) {
            Path file =
                    Files.write(
                            folder.resolve("cut"), Arrays.copyOf(bytes, bytes.length * eighth / 8));
            assertThrows(FormatException.class, () -> PictureFile.read(file));
            assertThrows(FormatException.class, () -> Png.text(file));
        }
    }

    @Test
    void aBombIsRefusedBeforeItIsUnpacked() throws IOException {
        byte[] bytes = Png.encode(ResampleParityTest.pattern(4, 4, 1), Map.of());
        ByteBuffer.wrap(bytes).putInt(16, 65_535).putInt(20, 65_535);
        CRC32 crc = new CRC32();
        crc.update(bytes, 12, 17);
        ByteBuffer.wrap(bytes).putInt(29, (int) crc.getValue());
        Path file = Files.write(folder.resolve("bomb.png"), bytes);
        var refusal = assertThrows(FormatException.class, () -> PictureFile.read(file));
        assertTrue(refusal.getMessage().contains("65535x65535 pixels declared"));
    }

    @Test
    void aSmallerBombIsRefusedToo() throws IOException {
        byte[] bytes = Png.encode(ResampleParityTest.pattern(4, 4, 1), Map.of());
        ByteBuffer.wrap(bytes).putInt(16, 16_000).putInt(20, 16_000);
        CRC32 crc = new CRC32();
        crc.update(bytes, 12, 17);
        ByteBuffer.wrap(bytes).putInt(29, (int) crc.getValue());
        Path file = Files.write(folder.resolve("bomb.png"), bytes);
        assertThrows(FormatException.class, () -> PictureFile.read(file));
    }

    @Test
    void theFirstBytesCountAndNotTheName() throws IOException {
        var image = new BufferedImage(6, 5, BufferedImage.TYPE_BYTE_GRAY);
        image.getRaster()
                .setSamples(
                        0,
                        0,
                        6,
                        5,
                        0,
                        Collections.nCopies(30, 77).stream().mapToInt(i -> i).toArray());
        for (String format : List.of("png", "gif", "bmp", "jpeg")) {
            var bytes = new ByteArrayOutputStream();
            ImageIO.write(image, format, bytes);
            Path file = Files.write(folder.resolve("x.txt"), bytes.toByteArray());
            assertTrue(PictureFile.recognises(file));
            Picture picture = PictureFile.read(file);
            assertEquals(1, picture.channels(), format);
            int light = picture.bytes()[3 * 6 + 2] & 0xFF;
            assertEquals(77.0, light, format.equals("jpeg") ? 1 : 0, format);
        }
        Path text = Files.writeString(folder.resolve("x.png"), "no picture");
        assertThrows(FormatException.class, () -> PictureFile.read(text));
    }

    @Test
    void jpegOfFourInksIsRefusedByName() throws IOException {
        try (var in = getClass().getResourceAsStream("/golden/pictures/cmyk.jpg")) {
            Path file = Files.write(folder.resolve("inks.jpg"), in.readAllBytes());
            var refusal = assertThrows(FormatException.class, () -> PictureFile.read(file));
            assertTrue(refusal.getMessage().contains("inks.jpg"));
            assertTrue(refusal.getMessage().contains("CMYK"));
        }
    }

    @Test
    void aCutJpegIsRefused() throws IOException {
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB), "jpeg", bytes);
        int whole = bytes.size();
        for (int length : new int[] {3, 20, 200, 400, whole - 40, whole - 10, whole - 2}) {
            byte[] cut = Arrays.copyOf(bytes.toByteArray(), length);
            Path file = Files.write(folder.resolve("cut.jpg"), cut);
            assertThrows(FormatException.class, () -> PictureFile.read(file), "" + length);
        }
    }

    @Test
    void transparencyIsDropped() throws IOException {
        var image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00102030);
        image.setRGB(1, 0, 0x80405060);
        Path file = folder.resolve("alpha.png");
        ImageIO.write(image, "png", file.toFile());
        assertArrayEquals(
                new byte[] {0x10, 0x40, 0x20, 0x50, 0x30, 0x60}, PictureFile.read(file).bytes());
    }
}
