package dev.cm4j.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Four rules from [−1, 1] to bytes. */
class PixelRangeTest {

    @ParameterizedTest
    @CsvSource({
        "OPENAI, -1.5, 0",
        "OPENAI, 0, 127",
        "OPENAI, 0.999, 254",
        "OPENAI, 1, 255",
        "OPENAI, 9, 255",
        "EDM, -1, 0",
        "EDM, 0, 128",
        "EDM, 1, 255",
        "EDM, 2, 255",
        "DIFFUSERS, -2, 0",
        "DIFFUSERS, 0, 128",
        "DIFFUSERS, 1, 255",
        "HALF_UP, -1, 0",
        "HALF_UP, 0, 128",
        "HALF_UP, 1, 255",
    })
    void singleValues(PixelRange range, float x, int expected) {
        assertEquals(expected, range.toByte(x));
    }

    @ParameterizedTest
    @EnumSource
    void tensorsAgreeWithSingleValues(PixelRange range) {
        float[] values = new float[4001];
        byte[] expected = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i - 2000) / 1500f;
            expected[i] = (byte) range.toByte(values[i]);
        }
        try (var _ = Scope.open()) {
            assertArrayEquals(expected, range.toBytes(Tensor.of(values)).toBytes());
        }
    }
}
