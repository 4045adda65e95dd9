package dev.cm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.cm4j.edit.LevelChoice;
import dev.cm4j.edit.Mask;
import dev.cm4j.image.Picture;
import dev.cm4j.nn.Precision;
import dev.cm4j.sample.SampleListener;
import dev.cm4j.sample.Sampler;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.TensorMemory;
import dev.cm4j.testing.CudaDevice;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes beyond plain requests makes the same pictures on every device. */
@Tag("cuda")
class DevicePipelineNativeTest {

    private static final Request REQUEST = Request.of(3).withSteps(2).withSeed(5);
    private static final double BYTES = 2;

    @TempDir Path folder;

    private Path file;
    private Device device;

    @BeforeEach
    void write() {
        device = CudaDevice.required();
        file = TinyModel.write(folder.resolve("tiny.safetensors"), 10);
    }

    private interface Making {
        List<Picture> pictures(ConsistencyPipeline model);
    }

    private void same(Making making) {
        try (var here = ConsistencyPipeline.open(file, Precision.F32);
                var there = ConsistencyPipeline.open(file, Precision.F32, device)) {
            List<Picture> expected = making.pictures(here);
            List<Picture> actual = making.pictures(there);
            assertEquals(expected.size(), actual.size());
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(0, distance(expected.get(i), actual.get(i)), BYTES, "picture " + i);
            }
        }
    }

    private static double distance(Picture a, Picture b) {
        double sum = 0;
        for (int i = 0; i < a.bytes().length; i++) {
            sum += Math.abs((a.bytes()[i] & 0xff) - (b.bytes()[i] & 0xff));
        }
        return sum / a.bytes().length;
    }

    @Test
    void guided_pictures() {
        same(model -> {
            try (var guided = GuidedPipeline.embedding(model, 2)) {
                return guided.generator().generate(REQUEST).list();
            }
        });
        same(model -> {
            try (var guided = GuidedPipeline.auto(model, model, 2)) {
                return guided.generator().generate(REQUEST).list();
            }
        });
    }

    @Test
    void frames_between_classes_and_seeds() {
        for (int last : new int[] {1, 4}) {
            var way = new Interpolation(1, 2, 1, last, 4, 3);
            same(model -> {
                Sampler sampler = model.generator().sampler(REQUEST);
                return way.of(model, sampler, SampleListener.NONE).list();
            });
        }
    }

    @Test
    void edits() {
        Picture picture = new Picture(1, 28, 28, new byte[28 * 28]);
        Mask hole = Mask.rectangle(28, 28, 0, 14, 28, 14);
        EditRequest request = EditRequest.standard().withLevels(LevelChoice.steps(3));
        same(model ->
                model.editor()
                        .inpaint(List.of(picture), List.of(hole), request)
                        .getFirst()
                        .results());
        same(model -> model.editor().variations(picture, .5, 3, request).results());
    }

    @Test
    void memory_that_java_reads() {
        try (var model = ConsistencyPipeline.open(file, Precision.F32, device);
                TensorMemory memory = model.memory(REQUEST)) {
            assertEquals(3L * 28 * 28 * Float.BYTES, memory.segment().byteSize());
            for (int i = 0; i < 3 * 28 * 28; i++) {
                float x = memory.segment().getAtIndex(ValueLayout.JAVA_FLOAT, i);
                assertEquals(0, x, 1, "element " + i);
            }
        }
    }
}
