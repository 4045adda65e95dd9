package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.cm4j.image.Picture;
import java.util.List;
import org.junit.jupiter.api.Test;

class PicturesTest {

    private static final List<Picture> TWO =
            List.of(
                    new Picture(1, 2, 2, new byte[] {1, 2, 3, 4}),
                    new Picture(1, 2, 2, new byte[] {5, 6, 7, 8}));

    @Test
    void equal_pictures_and_labels_are_equal() {
        Pictures one = new Pictures(TWO, new long[] {3, 5});
        Pictures same = new Pictures(TWO, new long[] {3, 5});
        assertEquals(one, same);
        assertEquals(one.hashCode(), same.hashCode());
        assertNotEquals(one, new Pictures(TWO, new long[] {3, 4}));
        assertNotEquals(one, new Pictures(TWO.reversed(), new long[] {3, 5}));
    }

    @Test
    void labels_do_not_change_from_outside() {
        long[] given = {3, 5};
        Pictures pictures = new Pictures(TWO, given);
        given[0] = 9;
        pictures.labels()[1] = 9;
        assertArrayEquals(new long[] {3, 5}, pictures.labels());
    }

    @Test
    void the_text_is_short() {
        assertEquals(
                "Pictures[2 of 1x2x2, of 2 classes]",
                new Pictures(TWO, new long[] {3, 5}).toString());
        assertEquals("Pictures[2 of 1x2x2, no classes]", new Pictures(TWO, new long[0]).toString());
    }
}
