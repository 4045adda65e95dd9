package dev.cm4j.edit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.Picture;
import dev.cm4j.image.Png;
import dev.cm4j.image.Resample;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Masks, fits and noise estimates. */
class EditToolsTest {

    @TempDir Path folder;

    @Test
    void noise_is_estimated_around_shapes() {
        for (double sigma : new double[] {.05, .1, .2}) {
            var random = new Random(1);
            byte[] bytes = new byte[64 * 64];
            for (int i = 0; i < bytes.length; i++) {
                double shape = i % 64 > 20 && i % 64 < 40 ? .3 : -.3;
                bytes[i] = (byte) Math.rint((shape + sigma * random.nextGaussian() + 1) * 127.5);
            }
            assertEquals(
                    sigma, NoiseEstimate.of(new Picture(1, 64, 64, bytes)), .06 * sigma + .002);
        }
        assertEquals(0, NoiseEstimate.of(new Picture(3, 4, 4, new byte[48])));
        assertThrows(
                IllegalArgumentException.class,
                () -> NoiseEstimate.of(new Picture(1, 1, 9, new byte[9])));
    }

    @Test
    void masks_come_from_transparency_or_else_from_white() throws Exception {
        var image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < 6; i++) {
            image.setRGB(i % 3, i / 3, i == 4 ? 0x00FFFFFF : 0xFFFFFFFF);
        }
        Path file = folder.resolve("alpha.png");
        ImageIO.write(image, "png", file.toFile());
        assertArrayEquals(
                new boolean[] {false, false, false, false, true, false}, Mask.read(file).paint());
        Path black = folder.resolve("black.png");
        Png.write(black, new Picture(1, 1, 3, new byte[] {0, 127, (byte) 128}), Map.of());
        assertArrayEquals(new boolean[] {false, false, true}, Mask.read(black).paint());
        assertTrue(Mask.transparent(black).isEmpty());
    }

    @Test
    void shapes_are_masks() {
        assertEquals(6, Mask.rectangle(5, 7, 1, 2, 3, 2).count());
        assertTrue(Mask.rectangle(5, 7, 1, 2, 3, 2).paint()[2 * 7 + 1]);
        assertEquals(36, Mask.polygon(8, 8, 1, 1, 7, 1, 7, 7, 1, 7).count());
        assertEquals(64 - 36, Mask.polygon(8, 8, 1, 1, 7, 1, 7, 7, 1, 7).inverse().count());
        for (int[] wrong : new int[][] {{-1, 0, 1, 1}, {0, 0, 8, 1}, {6, 0, 2, 1}, {0, 0, 0, 1}}) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> Mask.rectangle(5, 7, wrong[0], wrong[1], wrong[2], wrong[3]));
        }
        assertThrows(IllegalArgumentException.class, () -> Mask.polygon(5, 5, 0, 0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> Mask.polygon(5, 5, 0, 0, 1, 1, 2));
    }

    @Test
    void a_smaller_mask_makes_whatever_it_touches() {
        Mask dot = Mask.rectangle(100, 100, 50, 50, 1, 1);
        for (int side : new int[] {1, 3, 7, 28, 64, 99, 128, 300}) {
            Mask small = dot.resize(side, side);
            assertTrue(small.count() >= 1, "side " + side);
            assertTrue(small.paint()[side * side / 2 + (side % 2 == 0 ? side / 2 : 0)]);
        }
        assertFalse(dot.resize(10, 10).paint()[0]);
    }

    @Test
    void pictures_are_cut_around_the_middle_and_resized() {
        var fit = new PictureFit(1, 4, 4);
        Picture wide = new Picture(3, 4, 10, new byte[120]);
        assertEquals(
                "10x4 pixels, turned grey, cut to 4x4 around the middle",
                fit.remark(wide).orElseThrow());
        assertEquals(new Picture(1, 4, 4, new byte[16]), fit.apply(wide, Resample.LANCZOS));
        assertEquals(
                "8x8 pixels, resized to 4x4",
                fit.remark(new Picture(1, 8, 8, new byte[64])).orElseThrow());
        assertTrue(fit.remark(new Picture(1, 4, 4, new byte[16])).isEmpty());
    }
}
