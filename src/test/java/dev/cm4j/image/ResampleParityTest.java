package dev.cm4j.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.HexFormat;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Resizing and grey are Pillow's, byte for byte. */
class ResampleParityTest {

    @TestFactory
    Stream<DynamicTest> recordedByPillow() throws IOException {
        JsonNode cases =
                new ObjectMapper().readTree(getClass().getResource("/golden/resample/cases.json"));
        return StreamSupport.stream(cases.spliterator(), false)
                .filter(c -> !c.path("how").asText().matches("OPENAI|EDM"))
                .map(c -> DynamicTest.dynamicTest(name(c), () -> check(c)));
    }

    private static String name(JsonNode c) {
        return c.path("how").asText() + " " + c.path("from") + " " + c.path("to");
    }

    private static void check(JsonNode c) {
        boolean grey = c.path("how").asText().equals("GREY");
        Picture source =
                pattern(
                        c.path("from").path(0).asInt(),
                        c.path("from").path(1).asInt(),
                        grey ? 3 : c.path("channels").asInt());
        Picture ours =
                grey
                        ? source.grey()
                        : Resample.valueOf(c.path("how").asText())
                                .resize(
                                        source,
                                        c.path("to").path(1).asInt(),
                                        c.path("to").path(0).asInt());
        assertArrayEquals(HexFormat.of().parseHex(c.path("hex").asText()), ours.bytes());
    }

    @Test
    void theSameSizeIsTheSamePicture() {
        Picture picture = pattern(4, 3, 1);
        assertSame(picture, Resample.LANCZOS.resize(picture, 3, 4));
        assertThrows(IllegalArgumentException.class, () -> Resample.BOX.resize(picture, 0, 4));
    }

    /** The pattern of tools/golden/resample.py. */
    static Picture pattern(int width, int height, int channels) {
        byte[] bytes = new byte[channels * height * width];
        for (int k = 0; k < channels; k++) {
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    bytes[(k * height + y) * width + x] =
                            (byte) (37 * x + 91 * y + 13 * x * y + 97 * k);
                }
            }
        }
        return new Picture(channels, height, width, bytes);
    }
}
