package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.foreign.TorchOutOfMemoryException;
import dev.cm4j.model.Denoiser;
import dev.cm4j.model.ModelKind;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.EulerSampler;
import dev.cm4j.sample.HeunSampler;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.Sampler;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.tensor.Scope;
import dev.cm4j.testing.LinearProblem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/** Batches, kinds of model and the end of memory, with a model in closed form. */
class GeneratorTest {

    private static final NoiseRange RANGE = NoiseRange.STANDARD;
    private static final Sampler EULER = new EulerSampler(4, RANGE);

    private static Generator generator(Denoiser model, Optional<ModelKind> kind) {
        return new Generator(model, 1, 4, 4, 0, RANGE.grid(40), Map.of(2, List.of(80.0, .8)), kind);
    }

    private static Generator linear(ModelKind kind) {
        return generator(LinearProblem.DENOISER, Optional.of(kind));
    }

    @Test
    void eachKindHasItsUsualSampler() {
        var request = Request.of(1);
        assertEquals(
                MultistepSampler.atSigmas(List.of(80.0, .8), RANGE),
                linear(ModelKind.CONSISTENCY).sampler(request));
        assertEquals(
                new HeunSampler(18, RANGE, ChurnConfig.NONE),
                linear(ModelKind.DIFFUSION).sampler(request));
        assertEquals(
                new HeunSampler(5, RANGE, ChurnConfig.NONE),
                linear(ModelKind.DIFFUSION).sampler(request.withSteps(5)));
        assertThrows(
                IllegalArgumentException.class,
                () -> linear(ModelKind.DIFFUSION).sampler(request.withSigmas(80, 2)));
    }

    @Test
    void theWrongPairIsRefused() {
        var euler = Request.of(1).withSampler(EULER);
        String message =
                assertThrows(
                                IllegalArgumentException.class,
                                () -> linear(ModelKind.CONSISTENCY).sampler(euler))
                        .getMessage();
        assertTrue(message.contains("diffusion model, but the model is a consistency"), message);
        var multistep = Request.of(1).withSampler(MultistepSampler.ofSteps(2, RANGE));
        assertThrows(
                IllegalArgumentException.class,
                () -> linear(ModelKind.DIFFUSION).sampler(multistep));
        assertEquals(EULER, generator(LinearProblem.DENOISER, Optional.empty()).sampler(euler));
    }

    @Test
    void aBatchThatMemoryDoesNotHoldIsHalved() {
        var sizes = new ArrayList<Integer>();
        Denoiser small =
                (x, sigma, labels) -> {
                    sizes.add(sigma.length);
                    if (sigma.length > 3) {
                        throw new TorchOutOfMemoryException("denoise", 5, "full");
                    }
                    return LinearProblem.DENOISER.denoise(x, sigma, labels);
                };
        var request = Request.of(7).withSampler(EULER);
        try (var _ = Scope.open()) {
            assertArrayEquals(
                    linear(ModelKind.DIFFUSION).tensor(request).toFloats(),
                    generator(small, Optional.empty()).tensor(request).toFloats());
        }
        assertEquals(List.of(7, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 1), sizes);
        Denoiser full =
                (x, sigma, labels) -> {
                    throw new TorchOutOfMemoryException("denoise", 5, "full");
                };
        assertThrows(
                TorchOutOfMemoryException.class,
                () -> generator(full, Optional.empty()).generate(request));
    }

    @Test
    void listenersHearEveryBatchAndMayEndTheWork() {
        var heard = new ArrayList<Integer>();
        var request = Request.of(5).withBatch(2).withSampler(EULER);
        linear(ModelKind.DIFFUSION)
                .generate(
                        request,
                        step -> {
                            heard.add((int) step.denoised().size(0));
                            return true;
                        },
                        _ -> {});
        assertEquals(List.of(2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1), heard);
        assertThrows(
                CancellationException.class,
                () ->
                        linear(ModelKind.DIFFUSION)
                                .generate(request, step -> step.step() < 3, _ -> {}));
    }

    @Test
    void interpolationsBeginAndEndAtTheirSeeds() {
        var generator = linear(ModelKind.DIFFUSION);
        var frames = new Interpolation(4, 9, 0, 0, 5, 2).of(generator, EULER, _ -> true);
        assertEquals(5, frames.count());
        var request = Request.of(1).withSampler(EULER);
        assertEquals(
                generator.generate(request.withSeed(4)).list().getFirst(),
                frames.list().getFirst());
        assertEquals(
                generator.generate(request.withSeed(9)).list().getFirst(), frames.list().getLast());
        assertThrows(
                IllegalArgumentException.class,
                () -> new Interpolation(4, 9, 3, 3, 5, 2).of(generator, EULER, _ -> true));
        assertThrows(IllegalArgumentException.class, () -> new Interpolation(4, 9, 0, 0, 1, 2));
    }
}
