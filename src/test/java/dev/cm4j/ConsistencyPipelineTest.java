package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.NativeMemory;
import dev.cm4j.tensor.Scope;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConsistencyPipelineTest {

    @TempDir Path folder;

    private ConsistencyPipeline open(int classes) {
        return ConsistencyPipeline.open(
                TinyModel.write(folder.resolve("tiny.safetensors"), classes), Precision.F32);
    }

    @Test
    void picturesDoNotDependOnTheBatch() {
        try (var model = open(10);
                var _ = Scope.open()) {
            Request request = Request.of(5).withSteps(2).withSeed(4);
            float[] whole = model.tensor(request).toFloats();
            float[] parts = model.tensor(request.withBatch(2)).toFloats();
            assertEquals(5 * 28 * 28, whole.length);
            assertArrayEquals(whole, parts, 1e-4f);
            for (float x : whole) {
                assertTrue(x >= -1 && x <= 1);
            }
        }
    }

    @Test
    void theSeedChoosesThePictures() {
        try (var model = open(10)) {
            Pictures one = model.generate(Request.of(2).withSeed(1));
            Pictures two = model.generate(Request.of(2).withSeed(2));
            assertEquals(one.list(), model.generate(Request.of(2).withSeed(1)).list());
            assertFalse(one.list().equals(two.list()));
        }
    }

    @Test
    void labelsAreHandedOutInTurn() {
        try (var model = open(10)) {
            assertArrayEquals(
                    new long[] {3, 5, 3},
                    model.generate(Request.of(3).withSteps(1).withLabels(3, 5)).labels());
            long[] all = model.generate(Request.of(12).withSteps(1).withBatch(5)).labels();
            assertArrayEquals(new long[] {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1}, all);
        }
        try (var model = open(0)) {
            assertEquals(0, model.generate(Request.of(3).withSteps(1)).labels().length);
        }
    }

    @Test
    void refusesWhatTheModelCannotDo() {
        try (var model = open(10)) {
            for (Request wrong :
                    List.of(Request.of(1).withLabels(10), Request.of(1).withSigmas(2))) {
                assertThrows(IllegalArgumentException.class, () -> model.generate(wrong));
            }
        }
        try (var model = open(0)) {
            Request labelled = Request.of(1).withLabels(0);
            assertThrows(IllegalArgumentException.class, () -> model.generate(labelled));
        }
    }

    @Test
    void batchesComeInOrderAndNothingIsLeft() {
        long before = NativeMemory.live(NativeMemory.Kind.TENSOR);
        try (var model = open(10)) {
            List<Integer> firsts = new ArrayList<>();
            model.generator()
                    .generate(
                            Request.of(5).withSteps(1).withBatch(2),
                            (first, images, labels) -> {
                                firsts.add(first);
                                assertEquals(labels.length, images.size(0));
                            });
            assertEquals(List.of(0, 2, 4), firsts);
        }
        assertEquals(before, NativeMemory.live(NativeMemory.Kind.TENSOR));
    }

    @Test
    void refusesOtherFiles() throws Exception {
        Path torn = folder.resolve("torn.safetensors");
        byte[] bytes = Files.readAllBytes(TinyModel.write(folder.resolve("t.safetensors"), 0));
        Files.write(torn, Arrays.copyOf(bytes, bytes.length - 100));
        assertThrows(FormatException.class, () -> ConsistencyPipeline.open(torn));
    }

    @Test
    void whatIsMissingIsNamed() {
        Path missing = folder.resolve("nothere");
        var absent =
                assertThrows(UncheckedIOException.class, () -> ConsistencyPipeline.open(missing));
        assertEquals(
                "there is no model " + missing + ", neither file nor folder", absent.getMessage());
        var none =
                assertThrows(NullPointerException.class, () -> ConsistencyPipeline.open(nothing()));
        assertEquals("no model is named: the path is null", none.getMessage());
    }

    private static Path nothing() {
        return null;
    }
}
