package dev.cm4j.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pictures of a camera that was turned, and headers that lie. */
class OrientationTest {

    @TempDir Path folder;

    // Rows of the picture 123/456 as each number of Exif shows it.
    @ParameterizedTest
    @CsvSource({
        "1, 123456, 3",
        "2, 321654, 3",
        "3, 654321, 3",
        "4, 456123, 3",
        "5, 142536, 2",
        "6, 415263, 2",
        "7, 635241, 2",
        "8, 362514, 2"
    })
    void eachNumberOfExifIsApplied(int number, String shown, int width) {
        Picture picture = new Picture(1, 2, 3, new byte[] {1, 2, 3, 4, 5, 6});
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            byte[] file = jpeg(new byte[] {(byte) 0xFF, (byte) 0xD8}, number, order);
            Picture turned = Orientation.of(file).apply(picture);
            assertEquals(width, turned.width());
            byte[] expected = new byte[6];
            for (int i = 0; i < 6; i++) {
                expected[i] = (byte) (shown.charAt(i) - '0');
            }
            assertArrayEquals(expected, turned.bytes());
        }
        if (number == 1) {
            assertSame(picture, Orientation.UPRIGHT.apply(picture));
        }
    }

    @Test
    void aJpegIsReadAsItIsMeant() throws IOException {
        var image = new BufferedImage(60, 40, BufferedImage.TYPE_INT_RGB);
        for (int x = 0; x < 20; x++) {
            for (int y = 0; y < 40; y++) {
                image.setRGB(x, y, 0xFFFFFF); // the left third is white
            }
        }
        var bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "jpeg", bytes);
        byte[] file = jpeg(bytes.toByteArray(), 6, ByteOrder.BIG_ENDIAN);
        Picture read = PictureFile.read(Files.write(folder.resolve("phone.jpg"), file));
        assertEquals(40, read.width());
        assertEquals(60, read.height());
        assertEquals(255, read.bytes()[5 * 40 + 20] & 0xFF, 3); // the upper third now
        assertEquals(0, read.bytes()[50 * 40 + 20] & 0xFF, 3);
    }

    @Test
    void aHeaderThatLiesIsUpright() {
        byte[] good = jpeg(new byte[] {(byte) 0xFF, (byte) 0xD8}, 6, ByteOrder.LITTLE_ENDIAN);
        for (int length = 0; length < good.length; length++) {
            Orientation.of(Arrays.copyOf(good, length));
        }
        assertEquals(
                Orientation.UPRIGHT,
                Orientation.of(jpeg(new byte[] {-1, -40}, 9, ByteOrder.BIG_ENDIAN)));
        Random random = new Random(1);
        for (int round = 0; round < 20_000; round++) {
            byte[] broken = good.clone();
            for (int i = 0; i < 3; i++) {
                broken[2 + random.nextInt(broken.length - 2)] = (byte) random.nextInt();
            }
            Orientation.of(broken); // throws nothing, reads nothing that is not there
        }
    }

    /** A JPEG with a segment APP1 after its start, of two entries in its first directory. */
    private static byte[] jpeg(byte[] plain, int number, ByteOrder order) {
        ByteBuffer tiff = ByteBuffer.allocate(8 + 2 + 2 * 12 + 4).order(order);
        tiff.putShort((short) (order == ByteOrder.BIG_ENDIAN ? 0x4D4D : 0x4949));
        tiff.putShort((short) 42).putInt(8).putShort((short) 2);
        tiff.putShort((short) 0x0100).putShort((short) 3).putInt(1).putInt(0);
        tiff.putShort((short) 0x0112).putShort((short) 3).putInt(1);
        tiff.putShort((short) number).putShort((short) 0).putInt(0);
        byte[] exif = "Exif\0\0".getBytes(StandardCharsets.US_ASCII);
        int length = 2 + exif.length + tiff.capacity();
        return ByteBuffer.allocate(plain.length + 2 + length)
                .put(plain, 0, 2)
                .putShort((short) 0xFFE1)
                .putShort((short) length)
                .put(exif)
                .put(tiff.array())
                .put(plain, 2, plain.length - 2)
                .array();
    }
}
