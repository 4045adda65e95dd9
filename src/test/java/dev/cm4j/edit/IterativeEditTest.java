package dev.cm4j.edit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.model.Denoiser;
import dev.cm4j.model.PerSample;
import dev.cm4j.sample.NoiseSource;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.GoldenNetwork;
import dev.cm4j.testing.NoLeaks;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The golden numbers of algorithm 4 with the model f = tanh(x/(1 + t)), and its promises. */
@ExtendWith(NoLeaks.class)
class IterativeEditTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final long[] SHAPE = {2, 3, 16, 16};
    private static final Denoiser TANH =
            (x, sigma, _) ->
                    x.dividedBy(PerSample.column(Arrays.stream(sigma).map(t -> 1 + t).toArray(), x))
                            .tanh();

    /** Call number n of the recording is draw n − 1 here. */
    private static final NoiseSource WAVES =
            (draw, shape) -> GoldenNetwork.wave(j -> 1.2 * Math.cos(.53 * j + draw + 1), shape);

    @ParameterizedTest
    @CsvSource({"colour, 830.6839439", "means, 686.0737305", "pixels, 707.9063882"})
    void golden(String task, double expected) {
        try (var _ = Scope.open()) {
            Knowledge knowledge =
                    switch (task) {
                        case "colour" -> new KnownGrey();
                        case "means" -> new KnownMeans(8);
                        default -> new KnownPixels(leftHalf());
                    };
            Tensor result =
                    new IterativeEdit(
                                    TANH,
                                    EditLevels.atIndices(List.of(0, 22, 39), RANGE.grid(40)),
                                    knowledge)
                            .editFrom(
                                    reference(),
                                    GoldenNetwork.wave(j -> 80 * Math.sin(.29 * j), SHAPE),
                                    Optional.empty(),
                                    WAVES);
            assertEquals(expected, result.abs().sum().item(), 1e-4 * expected / 10);
        }
    }

    @Test
    void the_colour_rotation_is_the_published_one() {
        var grey = new KnownGrey();
        assertEquals(.447113, grey.weight(0), 1e-6);
        assertEquals(.878072, grey.weight(1), 1e-6);
        assertEquals(.170528, grey.weight(2), 1e-6);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 8, 16})
    void means_of_patches_are_kept(int factor) {
        try (var _ = Scope.open()) {
            var knowledge = new KnownMeans(factor);
            Tensor imposed = knowledge.impose(reference(), WAVES.normal(3, SHAPE));
            assertArrayEquals(
                    knowledge.measured(reference()).toFloats(),
                    knowledge.measured(imposed).toFloats(),
                    2e-6f);
            Tensor patch =
                    knowledge.measured(reference()).narrow(2, 0, factor).narrow(3, 0, factor);
            double mean =
                    reference().narrow(2, 0, factor).narrow(3, 0, factor).mean(2, 3).toDoubles()[0];
            assertEquals(mean, patch.max(2, 3).toDoubles()[0], 1e-6);
            assertEquals(mean, patch.min(2, 3).toDoubles()[0], 1e-6);
        }
    }

    @Test
    void imposing_what_is_there_changes_nothing() {
        try (var _ = Scope.open()) {
            float[] before = reference().toFloats();
            for (Knowledge knowledge :
                    List.of(new KnownGrey(), new KnownMeans(4), new KnownPixels(leftHalf()))) {
                assertArrayEquals(
                        before, knowledge.impose(reference(), reference()).toFloats(), 1e-6f);
            }
        }
    }

    @Test
    void known_pixels_come_back_bit_for_bit() {
        try (var _ = Scope.open()) {
            Tensor result =
                    new IterativeEdit(
                                    TANH,
                                    EditLevels.steps(5, 80, RANGE),
                                    new KnownPixels(leftHalf()))
                            .edit(reference(), Optional.empty(), WAVES);
            assertArrayEquals(
                    reference().narrow(3, 0, 8).toFloats(), result.narrow(3, 0, 8).toFloats());
        }
    }

    @Test
    void a_stroke_keeps_what_the_noise_does_not_drown() {
        try (var _ = Scope.open()) {
            Denoiser identity = (x, _, _) -> x;
            Tensor result =
                    new IterativeEdit(
                                    identity,
                                    EditLevels.of(List.of(.01), RANGE),
                                    new NothingKnown())
                            .edit(reference(), Optional.empty(), WAVES);
            assertTrue(result.minus(reference()).abs().max().item() <= .0121);
        }
    }

    @Test
    void what_does_not_fit_is_refused() {
        try (var _ = Scope.open()) {
            Tensor grey = Tensor.zeros(DType.F32, 1, 1, 15, 15);
            refused("only colour pictures", () -> new KnownGrey().measured(grey));
            refused("patches of 4x4", () -> new KnownMeans(4).measured(grey));
            refused("does not fit", () -> new KnownPixels(leftHalf()).measured(grey));
            refused("2 times at least", () -> new KnownMeans(1));
            refused("must fall", () -> EditLevels.of(List.of(.8, 2.0), RANGE));
            refused("above 80.0", () -> EditLevels.of(List.of(81.0), RANGE));
            refused("not above 0.002", () -> EditLevels.of(List.of(80.0, .001), RANGE));
            refused("at least 1 noise level", () -> EditLevels.of(List.of(), RANGE));
            refused("at least 1", () -> EditLevels.steps(0, 80, RANGE));
            refused("the largest", () -> EditLevels.steps(3, 100, RANGE));
            refused("last index", () -> EditLevels.atIndices(List.of(0, 22), RANGE.grid(40)));
            refused("rise", () -> EditLevels.atIndices(List.of(5, 22, 22, 39), RANGE.grid(40)));
            refused("0 to 39", () -> EditLevels.atIndices(List.of(40), RANGE.grid(40)));
        }
    }

    @Test
    void indices_may_begin_late_and_fall() {
        var grid = RANGE.grid(40);
        assertEquals(
                EditLevels.atIndices(List.of(22, 39), grid),
                EditLevels.atIndices(List.of(22), grid));
        assertEquals(
                EditLevels.atIndices(List.of(0, 22, 39), grid),
                EditLevels.atIndices(List.of(22, 0), grid));
    }

    private static Tensor reference() {
        return GoldenNetwork.wave(j -> .8 * Math.cos(.37 * j + .2), SHAPE);
    }

    private static Tensor leftHalf() {
        return GoldenNetwork.wave(j -> j % 16 < 8 ? 1 : 0, 1, 1, 16, 16);
    }

    private static void refused(String part, Supplier<Object> action) {
        var e = assertThrows(IllegalArgumentException.class, action::get);
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
