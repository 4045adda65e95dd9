package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.image.PixelRange;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Rng;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import java.io.ByteArrayInputStream;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Everything a request can ask for, held against the plain seed. */
@ExtendWith(NoLeaks.class)
class RequestNativeTest {

    @TempDir Path folder;
    private ConsistencyPipeline model;
    private Scope scope;

    @BeforeEach
    void open() {
        model = opened(OpenOptions.standard().withDtype(DType.F32));
        scope = Scope.open();
    }

    private ConsistencyPipeline opened(OpenOptions options) {
        Path file = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        return ConsistencyPipeline.open(file, options);
    }

    @AfterEach
    void close() {
        scope.close();
        model.close();
    }

    @Test
    void latents_are_where_the_seed_would_start() {
        Request request = Request.of(3).withSteps(2).withSeed(5);
        float[] seeded = model.tensor(request).toFloats();
        Tensor start = PerImageNoise.range(5, 0, 3).normal(0, 3, 1, 28, 28);
        for (int batch : new int[] {3, 2}) {
            Request given = request.withLatents(start).withBatch(batch);
            assertArrayEquals(seeded, model.tensor(given).toFloats(), 1e-4f);
            assertFalse(Arrays.equals(seeded, model.tensor(given.withSeed(6)).toFloats()));
        }
    }

    @Test
    void latents_of_another_size_are_refused() {
        Request one = Request.of(1);
        assertThrows(
                IllegalArgumentException.class,
                () -> one.withLatents(Tensor.zeros(DType.F32, 2, 1, 28, 28)));
        Request small = one.withLatents(Tensor.zeros(DType.F32, 1, 1, 14, 14));
        var error = assertThrows(IllegalArgumentException.class, () -> model.generate(small));
        assertEquals(
                "Latents[1, 1, 14, 14] do not fit this model, whose pictures are [1, 28, 28]",
                error.getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> new Latents(List.of(1, 1, 2, 2), new float[3]));
        assertThrows(
                IllegalArgumentException.class, () -> new Latents(List.of(1, 4), new float[4]));
    }

    /** As diffusers: a start where none is given, and a draw a step where there are several. */
    @Test
    void a_generator_is_drawn_from_as_in_diffusers() {
        long[] shape = {2, 1, 28, 28};
        for (int steps : new int[] {1, 2, 3}) {
            try (var used = Rng.seeded(4);
                    var counted = Rng.seeded(4)) {
                float[] first =
                        model.tensor(Request.of(2).withNumInferenceSteps(steps).withGenerator(used))
                                .toFloats();
                Tensor start = counted.normal(shape);
                for (int draw = 1; draw <= (steps == 1 ? 0 : steps); draw++) {
                    counted.normal(shape);
                }
                assertArrayEquals(counted.state(), used.state(), steps + " steps");
                if (steps == 1) {
                    Request given = Request.of(2).withNumInferenceSteps(1).withLatents(start);
                    assertArrayEquals(first, model.tensor(given).toFloats());
                }
            }
        }
    }

    @Test
    void callbacks_hear_every_batch_and_the_steps_asked_for() {
        List<String> heard = new ArrayList<>();
        Request request =
                Request.of(3)
                        .withBatch(2)
                        .withTimesteps(22, 10, 0)
                        .withCallbackSteps(2)
                        .withCallbackOnStepEnd(end -> {
                            assertArrayEquals(
                                    new long[] {end.count(), 1, 28, 28}, end.latents().shape());
                            heard.add(
                                    "%d %d/%d %.2f"
                                            .formatted(
                                                    end.first(),
                                                    end.step(),
                                                    end.steps(),
                                                    end.progress()));
                        });
        model.generate(request);
        assertEquals(List.of("0 0/3 0.22", "0 2/3 0.67", "2 0/3 0.78", "2 2/3 1.00"), heard);
        assertThrows(IllegalArgumentException.class, () -> request.withCallbackSteps(0));
    }

    @Test
    void bytes_png_and_images_are_the_same_picture() throws Exception {
        Request request = Request.of(2).withSteps(1).withPixels(PixelRange.DIFFUSERS);
        Pictures pictures = model.generate(request);
        byte[] expected = PixelRange.DIFFUSERS.toBytes(model.tensor(request)).toBytes();
        assertArrayEquals(expected, pictures.bytes()); // one channel: both orders are the same
        var read = ImageIO.read(new ByteArrayInputStream(pictures.png(1)));
        for (int at = 0; at < 28 * 28; at++) {
            int value = expected[28 * 28 + at] & 0xff;
            assertEquals(value, read.getRaster().getSample(at % 28, at / 28, 0));
            assertEquals(value, pictures.image(1).getRaster().getSample(at % 28, at / 28, 0));
        }
    }

    @Test
    void a_batch_is_handed_out_in_the_memory_it_was_made_in() {
        Request request = Request.of(2).withSteps(1);
        float[] expected = model.tensor(request).toFloats();
        try (var memory = model.memory(request)) {
            assertArrayEquals(expected, memory.segment().toArray(ValueLayout.JAVA_FLOAT));
        }
    }

    /** float16 has 11 bits: pictures move, and not far. */
    @Test
    void half_precision_is_near() {
        Request request = Request.of(4).withSteps(2).withSeed(2);
        float[] exact = model.tensor(request).toFloats();
        for (DType type : List.of(DType.F16, DType.BF16)) {
            try (var half = opened(OpenOptions.standard().withDtype(type))) {
                float[] rounded = half.tensor(request).toFloats();
                double worst = 0;
                for (int i = 0; i < exact.length; i++) {
                    worst = Math.max(worst, Math.abs(exact[i] - rounded[i]));
                }
                assertTrue(worst < (type == DType.F16 ? .01 : .1), type + " is off by " + worst);
                assertTrue(worst > 0 || type == DType.BF16, type + " rounds nothing");
            }
        }
    }

    @Test
    void options_that_do_not_fit_are_refused() {
        Path file = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
        var standard = OpenOptions.standard();
        for (OpenOptions wrong :
                List.of(standard.withDevice(new Device(99)), standard.withVariant("fp16"))) {
            assertThrows(
                    IllegalArgumentException.class, () -> ConsistencyPipeline.open(file, wrong));
        }
        assertThrows(IllegalArgumentException.class, () -> standard.withDtype(DType.I64));
    }
}
