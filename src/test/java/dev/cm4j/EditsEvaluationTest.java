package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.edit.LevelChoice;
import dev.cm4j.edit.PictureFit;
import dev.cm4j.model.Denoiser;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.testing.NoLeaks;
import dev.cm4j.testing.SharedData;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Needs the real digits and the classifier; skipped where they are not there. */
@ExtendWith(NoLeaks.class)
class EditsEvaluationTest {

    private static final int COUNT = 60;
    private static final LevelChoice ONE = LevelChoice.steps(1);

    private static EditsEvaluation open(int count) {
        Path weights =
                SharedData.require(
                        "checkpoints/mnist-lenet/khushbujpatel-lenet_mnist-mnist_cnn.pt");
        return EditsEvaluation.open(SharedData.require("mnist"), weights, count);
    }

    @ParameterizedTest
    @ValueSource(ints = {28, 32})
    void a_model_that_changes_nothing_mends_nothing(int side) {
        Denoiser identity = (x, _, _) -> x;
        var editor =
                new Editor(
                        identity, new PictureFit(1, side, side), 0, NoiseRange.STANDARD, _ -> {});
        var judge = open(COUNT);
        assertTrue(judge.originals() > .95);
        for (boolean told : new boolean[] {false, true}) {
            var score = judge.score(editor, EditsEvaluation.Task.DENOISE, ONE, 1, 16, told);
            assertEquals(score.damaged(), score.edited());
            assertTrue(score.edited() > .5, "sigma 0.5 leaves digits legible: " + score);
        }
        var half = judge.score(editor, EditsEvaluation.Task.INPAINT_LOWER, ONE, 1, 16, false);
        assertTrue(half.edited() < .9, "half a digit of noise is legible: " + half);
    }

    @Test
    void a_model_of_nothing_draws_one_class() {
        Denoiser nothing = (x, _, _) -> x.times(0).minus(1);
        var editor =
                new Editor(nothing, new PictureFit(1, 28, 28), 10, NoiseRange.STANDARD, _ -> {});
        var judge = open(COUNT);
        var score = judge.score(editor, EditsEvaluation.Task.DENOISE, ONE, 1, 64, true);
        assertTrue(score.edited() < .3, "black pictures have one class: " + score);
    }

    @Test
    void others_are_refused() {
        Denoiser identity = (x, _, _) -> x;
        var colour =
                new Editor(identity, new PictureFit(3, 28, 28), 0, NoiseRange.STANDARD, _ -> {});
        var judge = open(1);
        assertThrows(
                IllegalArgumentException.class,
                () -> judge.score(colour, EditsEvaluation.Task.DENOISE, ONE, 1, 16, false));
        assertThrows(IllegalArgumentException.class, () -> open(0));
        assertThrows(IllegalArgumentException.class, () -> open(10_001));
    }
}
