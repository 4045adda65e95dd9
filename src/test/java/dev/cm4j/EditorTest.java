package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.edit.LevelChoice;
import dev.cm4j.edit.Mask;
import dev.cm4j.edit.PictureFit;
import dev.cm4j.image.Picture;
import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.DType;
import dev.cm4j.testing.NoLeaks;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Editing of bytes with models that are formulas. */
@ExtendWith(NoLeaks.class)
class EditorTest {

    private static final Denoiser TANH = (x, _, _) -> x.tanh();
    private static final EditRequest REQUEST =
            EditRequest.standard().withLevels(LevelChoice.steps(3));

    @ParameterizedTest
    @CsvSource({
        "16, 16, 1, 1",
        "16, 16, 3, 3",
        "16, 16, 1, 3",
        "40, 40, 3, 3",
        "7, 7, 1, 1",
        "33, 33, 3, 1",
        "40, 25, 3, 3",
        "16, 31, 1, 1",
        "100, 3, 3, 3"
    })
    void known_pixels_come_back_byte_for_byte(int height, int width, int ofPicture, int ofModel) {
        var fit = new PictureFit(ofModel, 16, 16);
        Picture picture = everyByte(ofPicture, height, width);
        Mask hole =
                Mask.polygon(height, width, width * .3, 0, width * .9, height * .4, 0, height)
                        .or(Mask.rectangle(height, width, width / 2, height / 2, 1, 1));
        Picture result =
                editor(fit, 0, TANH)
                        .inpaint(List.of(picture), List.of(hole), REQUEST)
                        .getFirst()
                        .results()
                        .getFirst();
        Picture expected = fit.cut(picture);
        Mask made = fit.cut(hole);
        assertEquals(expected.height(), result.height());
        assertEquals(expected.width(), result.width());
        int different = 0;
        for (int i = 0; i < expected.bytes().length; i++) {
            if (made.paint()[i % made.paint().length]) {
                different += expected.bytes()[i] == result.bytes()[i] ? 0 : 1;
            } else {
                assertEquals(expected.bytes()[i], result.bytes()[i], "byte " + i);
            }
        }
        assertTrue(different > 0, "nothing was made");
    }

    @Test
    void all_256_values_are_known_exactly() {
        var fit = new PictureFit(1, 17, 16);
        Picture picture = everyByte(1, 17, 16);
        Mask hole = Mask.rectangle(17, 16, 0, 16, 16, 1);
        Picture result =
                editor(fit, 0, TANH)
                        .inpaint(List.of(picture), List.of(hole), REQUEST)
                        .getFirst()
                        .results()
                        .getFirst();
        boolean[] seen = new boolean[256];
        for (int i = 0; i < 16 * 17; i++) {
            if (!hole.paint()[i]) {
                assertEquals(picture.bytes()[i], result.bytes()[i]);
                seen[result.bytes()[i] & 0xFF] = true;
            }
        }
        for (int value = 0; value < 256; value++) {
            assertTrue(seen[value], "value " + value + " was not among the known");
        }
    }

    @Test
    void what_lies_in_the_hole_does_not_matter() {
        var fit = new PictureFit(1, 8, 8);
        Picture one = everyByte(1, 30, 30);
        Picture other = new Picture(1, 30, 30, one.bytes().clone());
        Mask hole = Mask.rectangle(30, 30, 7, 11, 9, 5);
        for (int i = 0; i < 900; i++) {
            if (hole.paint()[i]) {
                other.bytes()[i] = (byte) ~other.bytes()[i];
            }
        }
        var editor = editor(fit, 0, TANH);
        assertEquals(
                editor.inpaint(List.of(one), List.of(hole), REQUEST).getFirst().results(),
                editor.inpaint(List.of(other), List.of(hole), REQUEST).getFirst().results());
    }

    @Test
    void results_do_not_depend_on_batch_or_count() {
        var editor = editor(new PictureFit(1, 8, 8), 0, TANH);
        List<Picture> three = List.of(everyByte(1, 8, 8), everyByte(1, 9, 9), everyByte(1, 5, 5));
        var many = new EditRequest(REQUEST.levels(), OptionalLong.empty(), 4, 3, 2);
        var few = new EditRequest(REQUEST.levels(), OptionalLong.empty(), 4, 2, 64);
        var all = editor.stroke(three, many);
        var some = editor.stroke(three.subList(0, 2), few);
        for (int i = 0; i < 2; i++) {
            assertEquals(all.get(i).results().subList(0, 2), some.get(i).results());
        }
        assertNotEquals(all.getFirst().results().get(0), all.getFirst().results().get(1));
    }

    @Test
    void patch_means_come_back_within_a_level() {
        var editor = editor(new PictureFit(1, 12, 12), 0, (x, _, _) -> x.times(0));
        Picture small =
                new Picture(
                        1,
                        4,
                        4,
                        new byte[] {40, 50, 60, 70, 80, 90, 100, 110, 120, 1, 2, 3, 4, 5, 6, 127});
        Picture result = editor.upscale(List.of(small), 3, REQUEST).getFirst().results().getFirst();
        assertArrayEquals(small.enlarge(3).bytes(), result.bytes());
    }

    @Test
    void noise_is_removed_at_the_level_given_or_estimated() {
        // A model that answers with the level it was asked at.
        Denoiser level = (x, sigma, _) -> x.times(0).plus(sigma[0] - 1);
        var editor = editor(new PictureFit(1, 8, 8), 0, level);
        Picture flat = new Picture(1, 8, 8, new byte[64]);
        var given = editor.denoise(List.of(flat), OptionalDouble.of(.5), REQUEST).getFirst();
        assertEquals(.5, given.sigma().orElseThrow());
        assertEquals(64, given.results().getFirst().bytes()[0]);
        var estimated = editor.denoise(List.of(flat), OptionalDouble.empty(), REQUEST).getFirst();
        assertEquals(.002, estimated.sigma().orElseThrow());
    }

    @Test
    void inversion_finds_the_noise_of_a_picture() {
        var editor = editor(new PictureFit(1, 8, 8), 0, (x, _, _) -> x.dividedBy(80));
        Picture picture = everyByte(1, 8, 8);
        var same =
                editor.variations(
                        picture,
                        0,
                        300,
                        EditRequest.standard().withLevels(LevelChoice.steps(1)).withCount(2));
        for (int i = 0; i < 64; i++) {
            assertEquals(
                    picture.bytes()[i] & 0xFF, same.given().bytes()[i] & 0xFF, 2, "pixel " + i);
        }
        assertEquals(same.given(), same.results().get(1));
    }

    @Test
    void an_interpolation_begins_and_ends_with_its_pictures() {
        var editor = editor(new PictureFit(1, 8, 8), 0, (x, _, _) -> x);
        Picture from = everyByte(1, 8, 8);
        Picture to = new Picture(1, 8, 8, new byte[64]);
        // A tiny first level leaves no room for noise.
        var frames =
                editor.interpolate(
                        from,
                        to,
                        0,
                        REQUEST.withLevels(LevelChoice.sigmas(List.of(.003))).withCount(5));
        assertEquals(5, frames.results().size());
        for (int i = 0; i < 64; i++) {
            assertEquals(from.bytes()[i] & 0xFF, frames.results().getFirst().bytes()[i] & 0xFF, 3);
            assertEquals(0, frames.results().getLast().bytes()[i] & 0xFF, 3);
        }
    }

    @Test
    void the_class_is_guessed_by_what_is_known() {
        // Class c believes in pictures of the lightness c/9.
        Denoiser model =
                (x, _, labels) ->
                        x.times(0)
                                .plus(
                                        labels.orElseThrow()
                                                .to(DType.F32)
                                                .times(2.0 / 9)
                                                .minus(1)
                                                .reshape(-1, 1, 1, 1));
        var editor = editor(new PictureFit(1, 8, 8), 10, model);
        byte[] light = new byte[64];
        Arrays.fill(light, (byte) 170); // 6/9
        var edited = editor.stroke(List.of(new Picture(1, 8, 8, light)), REQUEST);
        assertEquals(6, edited.getFirst().label().orElseThrow());
        var told = editor.stroke(List.of(new Picture(1, 8, 8, light)), REQUEST.withLabel(2));
        assertEquals(2, told.getFirst().label().orElseThrow());
    }

    @Test
    void what_makes_no_sense_is_refused() {
        var editor = editor(new PictureFit(1, 8, 8), 4, TANH);
        List<Picture> one = List.of(everyByte(1, 8, 8));
        refused("class 4; this model knows 0 to 3", () -> editor.stroke(one, REQUEST.withLabel(4)));
        refused(
                "knows no classes",
                () -> editor(new PictureFit(1, 8, 8), 0, TANH).stroke(one, REQUEST.withLabel(0)));
        refused("grey pictures", () -> editor.colourise(one, REQUEST));
        refused("not 3 times", () -> editor.upscale(one, 3, REQUEST));
        refused("not 1 times", () -> editor.upscale(one, 1, REQUEST));
        refused("above 80.0", () -> editor.denoise(one, OptionalDouble.of(81), REQUEST));
        refused(
                "of one size",
                () -> editor.inpaint(one, List.of(Mask.rectangle(9, 8, 0, 0, 1, 1)), REQUEST));
        refused(
                "nothing to make",
                () -> editor.inpaint(one, List.of(new Mask(8, 8, new boolean[64])), REQUEST));
        refused("two ends", () -> editor.interpolate(one.getFirst(), one.getFirst(), 0, REQUEST));
        refused("0 to 1, not 2.0", () -> editor.variations(one.getFirst(), 2, 0, REQUEST));
        refused("no pictures", () -> editor.stroke(List.of(), REQUEST));
        refused("1 is the least", () -> REQUEST.withCount(0));
        refused("counted from 0", () -> REQUEST.withLabel(-1));
    }

    private static Editor editor(PictureFit fit, int classes, Denoiser model) {
        return new Editor(model, fit, classes, NoiseRange.STANDARD, _ -> {});
    }

    private static Picture everyByte(int channels, int height, int width) {
        byte[] bytes = new byte[channels * height * width];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        return new Picture(channels, height, width, bytes);
    }

    private static void refused(String part, Runnable action) {
        var e = assertThrows(IllegalArgumentException.class, action::run);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
