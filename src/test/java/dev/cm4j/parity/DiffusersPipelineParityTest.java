package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.OpenOptions;
import dev.cm4j.Request;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.convert.ArchitectureHints;
import dev.cm4j.convert.SourceOptions;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.testing.NoLeaks;
import dev.cm4j.testing.SharedData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The pipeline over a folder of diffusers, with what diffusers itself made of it. */
@ExtendWith(NoLeaks.class)
class DiffusersPipelineParityTest {

    @TempDir Path work;

    @Test
    void every_run_gives_the_recorded_pictures_and_steps() {
        Path folder = SharedData.requireReference("diffusers-cond");
        try (var reference = ReferenceCase.open(folder);
                var _ = Scope.open()) {
            Path pipeline = folder.resolve(reference.get("pipeline_folder").asText());
            int runs = 0;
            for (JsonNode run : reference.get("runs")) {
                try (var model = ConsistencyPipeline.open(pipeline, options(run))) {
                    check(reference, run, model);
                    runs++;
                }
            }
            assertTrue(runs > 0, "no runs are recorded");
        }
    }

    /**
     * The same weights in OpenAI's layout, in float16 with values exact in it; the width of a head
     * and the size of the pictures are not in such a file.
     */
    @Test
    void the_original_checkpoint_gives_the_same_pictures() {
        Path folder = SharedData.requireReference("diffusers-cond");
        var none = OptionalInt.empty();
        var hints = new ArchitectureHints(OptionalInt.of(16), OptionalInt.of(16), none, none);
        var known =
                OpenOptions.standard()
                        .withDtype(DType.F32)
                        .withSource(SourceOptions.NONE.withHints(hints));
        try (var reference = ReferenceCase.open(folder);
                var _ = Scope.open();
                var model =
                        ConsistencyPipeline.open(
                                folder.resolve(reference.get("openai_checkpoint").asText()),
                                known)) {
            check(reference, reference.get("runs").get(1), model);
        }
    }

    @Test
    void a_scheduler_that_samples_otherwise_is_refused_by_name() throws Exception {
        Path folder = SharedData.requireReference("diffusers-cond").resolve("pipeline");
        Path copy = work.resolve("pipeline");
        try (var files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(folder.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
        Path scheduler = copy.resolve("scheduler/scheduler_config.json");
        Files.writeString(
                scheduler,
                Files.readString(scheduler)
                        .replaceFirst("\"s_noise\": [0-9.]+", "\"s_noise\": 2.0"));
        var error = assertThrows(FormatException.class, () -> ConsistencyPipeline.open(copy));
        assertTrue(error.getMessage().contains("s_noise 2.0"), error.getMessage());
    }

    private static OpenOptions options(JsonNode run) {
        boolean half = run.path("dtype").asText("float32").equals("float16");
        OpenOptions options = OpenOptions.standard().withDtype(half ? DType.F16 : DType.F32);
        return run.has("variant") ? options.withVariant(run.get("variant").asText()) : options;
    }

    private static void check(ReferenceCase reference, JsonNode run, ConsistencyPipeline model) {
        String name = run.get("name").asText();
        List<Tensor> steps = new ArrayList<>();
        Scope outer = Scope.current();
        Request request =
                request(reference, run)
                        .withCallbackOnStepEnd(end -> steps.add(end.latents().escapeTo(outer)));
        Tensor images = model.tensor(request);
        reference.check(
                name + "/images", images.permute(0, 2, 3, 1).dividedBy(2).plus(.5).clamp(0, 1));
        reference.check(name + "/sample_after_step", Tensor.stack(0, steps));
    }

    private static Request request(ReferenceCase reference, JsonNode run) {
        Tensor latents = reference.tensor(run.get("latents").asText());
        Request request = Request.of((int) latents.size(0)).withLatents(latents);
        if (run.has("class_labels")) {
            request = request.withClassLabels(longs(run.get("class_labels")));
        }
        if (run.has("step_noise")) {
            Tensor noise = reference.tensor(run.get("step_noise").asText());
            request = request.withNoise((draw, _) -> noise.select(0, draw - 1));
        }
        if (run.has("timesteps")) {
            int[] timesteps =
                    StreamSupport.stream(run.get("timesteps").spliterator(), false)
                            .mapToInt(JsonNode::asInt)
                            .toArray();
            return request.withTimesteps(timesteps);
        }
        return request.withNumInferenceSteps(run.get("num_inference_steps").asInt());
    }

    private static long[] longs(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .mapToLong(JsonNode::asLong)
                .toArray();
    }
}
