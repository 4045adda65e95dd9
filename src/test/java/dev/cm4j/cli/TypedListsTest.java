package dev.cm4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

class TypedListsTest {

    private static final ClassList.Converter CLASSES = new ClassList.Converter();
    private static final NumberList.Converter NUMBERS = new NumberList.Converter();

    @Test
    void classes() {
        assertEquals(List.of(3L), CLASSES.convert("3").classes());
        assertEquals(List.of(0L, 1L, 2L), CLASSES.convert("0-2").classes());
        assertEquals(List.of(1L, 2L, 7L, 8L, 9L), CLASSES.convert("1,2, 7-9").classes());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "3-", "-3", "5-2", "1-2-3", "1,,2", "0-999999999", "1.5"})
    void noClasses(String text) {
        assertThrows(TypeConversionException.class, () -> CLASSES.convert(text));
    }

    @Test
    void numbers() {
        assertArrayEquals(new double[] {80, .8}, NUMBERS.convert("80, 0.8").values());
        assertArrayEquals(new int[] {0, 22}, NUMBERS.convert("0,22").whole());
        assertThrows(IllegalArgumentException.class, () -> NUMBERS.convert("0,2.5").whole());
        assertEquals("80,0.8,1.382,1200", NumberList.words(List.of(80.0, .8, 1.382368, 1200.0)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "80,", "x", "NaN", "1e999"})
    void noNumbers(String text) {
        assertThrows(TypeConversionException.class, () -> NUMBERS.convert(text));
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 1000, 1000",
        "6G, 6442450944, 6000000000",
        "200MB, 209715200, 200000000",
        "1.5 GiB, , ",
        "1.5GiB, 1610612736, 1610612736",
        "999999999999T, , ",
        "0, , ",
        "many, , ",
        "5I, , ",
    })
    void sizes(String text, Long memory, Long file) {
        size(memory, new ByteSize.Converter(), text);
        size(file, new ByteSize.FileConverter(), text);
    }

    private static void size(Long bytes, ITypeConverter<ByteSize> converter, String text) {
        if (bytes == null) {
            assertThrows(TypeConversionException.class, () -> converter.convert(text));
        } else {
            assertDoesNotThrow(
                    () -> assertEquals(bytes.longValue(), converter.convert(text).bytes()));
        }
    }

    @Test
    void clocks() {
        assertEquals("0:07", ProgressLine.clock(7));
        assertEquals("4:05", ProgressLine.clock(245));
        assertEquals("1:04:05", ProgressLine.clock(3845));
    }
}
