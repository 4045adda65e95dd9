package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.Picture;
import dev.cm4j.testing.NoLeaks;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The model that comes with the sources. */
@ExtendWith(NoLeaks.class)
class ShippedModelNativeTest {

    private static final Path MODEL = Path.of("models/digits.safetensors");
    private static final int CLASSES = 10;

    @Test
    void pictures_do_not_depend_on_the_batch() {
        try (var model = Cm4j.open(MODEL)) {
            Request request = Request.of(7).withSteps(2).withSeed(5);
            Pictures together = model.generate(request.withBatch(7));
            Pictures apart = model.generate(request.withBatch(2));
            for (int i = 0; i < together.count(); i++) {
                assertArrayEquals(
                        together.list().get(i).bytes(),
                        apart.list().get(i).bytes(),
                        "picture " + i);
            }
        }
    }

    /**
     * Strokes on a dark ground: ink in the middle, hardly any at the rim, and a 1 has the least.
     */
    @Test
    void pictures_look_like_digits() {
        try (var model = Cm4j.open(MODEL)) {
            Pictures pictures = model.generate(Request.of(20 * CLASSES).withSteps(2));
            double[] ink = new double[CLASSES];
            double rim = 0;
            for (int i = 0; i < pictures.count(); i++) {
                Picture picture = pictures.list().get(i);
                ink[(int) pictures.labels()[i]] += mean(picture, 0) / 20;
                rim += (mean(picture, 0) - mean(picture, 3)) / pictures.count();
            }
            for (int digit = 0; digit < CLASSES; digit++) {
                assertTrue(
                        ink[digit] > 10 && ink[digit] < 80, "ink of " + digit + ": " + ink[digit]);
                assertTrue(digit == 1 || ink[digit] > ink[1], "less ink than a 1: " + digit);
            }
            assertTrue(rim < 5, "ink at the rim: " + rim);
        }
    }

    /** Sum over the pixels at least {@code margin} from the rim, divided by all pixels. */
    private static double mean(Picture picture, int margin) {
        double sum = 0;
        for (int y = margin; y < picture.height() - margin; y++) {
            for (int x = margin; x < picture.width() - margin; x++) {
                sum += picture.bytes()[y * picture.width() + x] & 0xFF;
            }
        }
        return sum / (picture.height() * picture.width());
    }
}
