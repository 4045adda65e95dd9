package dev.cm4j.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The layout of grids, and the picture's own small operations. */
class GridTest {

    private static final Picture WHITE = new Picture(1, 1, 1, new byte[] {-1});

    @Test
    void picturesLieTwoPixelsApart() {
        Picture grid = Grid.of(List.of(WHITE, WHITE, WHITE), 2);
        assertEquals(8, grid.height());
        assertEquals(8, grid.width());
        for (int i = 0; i < 64; i++) {
            boolean lit = i == 2 * 8 + 2 || i == 2 * 8 + 5 || i == 5 * 8 + 2;
            assertEquals(lit ? -1 : 0, grid.bytes()[i], "pixel " + i);
        }
    }

    @Test
    void aRowIsNoWiderThanItsPictures() {
        assertEquals(5, Grid.of(List.of(WHITE), 4).width());
        assertEquals(4, Grid.columns(16));
        assertEquals(5, Grid.columns(17));
        assertThrows(IllegalArgumentException.class, () -> Grid.of(List.of(), 1));
        Picture other = new Picture(1, 1, 2, new byte[2]);
        assertThrows(IllegalArgumentException.class, () -> Grid.of(List.of(WHITE, other), 2));
    }

    @Test
    void tensorsAreTakenApart() {
        try (var _ = Scope.open()) {
            Tensor images = Tensor.of(new byte[] {1, 2, 3, 4, 5, 6}, 2, 3, 1, 1);
            List<Picture> pictures = Grid.pictures(images);
            assertArrayEquals(new byte[] {4, 5, 6}, pictures.get(1).bytes());
            assertEquals(pictures.get(1), Picture.of(images.select(0, 1)));
        }
    }

    @Test
    void pixelsBecomeSquares() {
        Picture picture = new Picture(1, 1, 2, new byte[] {1, 2});
        assertArrayEquals(new byte[] {1, 1, 2, 2, 1, 1, 2, 2}, picture.enlarge(2).bytes());
        assertEquals(picture, picture.enlarge(2).crop(1, 1, 1, 2));
        assertEquals(picture, picture.colour().grey());
    }
}
