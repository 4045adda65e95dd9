package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.checkpoint.PendingTensor;
import dev.cm4j.checkpoint.StateDict;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.checkpoint.TensorFile;
import dev.cm4j.convert.DiffusersFolder;
import dev.cm4j.convert.DiffusersNames;
import dev.cm4j.convert.NamePair;
import dev.cm4j.convert.SchedulerConfig;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.sample.DiffusersSampler;
import dev.cm4j.sample.ReplayNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.DiffusersTimesteps;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;

/** Pipelines of diffusers: their names, their weights, what they sample, and their scheduler. */
final class DiffusersParity {

    private DiffusersParity() {}

    static void pipeline(ReferenceCase reference) {
        Path folder = reference.folder().resolve(reference.get("pipeline_folder").asText());
        if (reference.get("key_map").isTextual()) {
            names(reference);
        }
        Set<String> variants = new HashSet<>();
        for (JsonNode run : reference.get("runs")) {
            variants.add(run.path("variant").asText(""));
        }
        for (String variant : variants) {
            try (DiffusersFolder pipeline = open(folder, variant)) {
                if (variant.isEmpty() && !reference.get("openai_checkpoint").isMissingNode()) {
                    conversion(reference, pipeline);
                }
                sample(reference, variant, pipeline);
            }
        }
    }

    private static DiffusersFolder open(Path folder, String variant) {
        return DiffusersFolder.open(
                folder, variant.isEmpty() ? Optional.empty() : Optional.of(variant));
    }

    /** Every pair of names, its shapes and its operation, and no other. */
    private static void names(ReferenceCase reference) {
        UNetConfig config = ReferenceNetworks.config(reference.get("openai_config"), 0);
        Set<String> ours = new HashSet<>();
        for (NamePair pair : DiffusersNames.of(config).pairs()) {
            ours.add(
                    line(
                            pair.openAi(),
                            Arrays.toString(pair.openAiShape()),
                            pair.diffusers(),
                            Arrays.toString(pair.diffusersShape()),
                            pair.operation().words()));
        }
        Set<String> theirs = new HashSet<>();
        Path file = reference.folder().resolve(reference.get("key_map").asText());
        for (JsonNode row : ReferenceCase.json(file).path("rows")) {
            theirs.add(
                    line(
                            row.path(0).asText(),
                            sizes(row.path(1)),
                            row.path(2).asText(),
                            sizes(row.path(3)),
                            row.path(4).asText()));
        }
        assertEquals(theirs, ours, "pairs of names");
    }

    private static String line(String... words) {
        return String.join(" | ", words);
    }

    private static String sizes(JsonNode array) {
        List<Long> sizes = new ArrayList<>();
        array.forEach(size -> sizes.add(size.asLong()));
        return sizes.toString();
    }

    /** The same weights in both layouts become each other, value for value. */
    private static void conversion(ReferenceCase reference, DiffusersFolder pipeline) {
        Path file = reference.folder().resolve(reference.get("openai_checkpoint").asText());
        UNetConfig config = ReferenceNetworks.config(reference.get("openai_config"), 0);
        DiffusersNames names = DiffusersNames.of(config);
        assertEquals(
                names.pairs(),
                DiffusersNames.of(pipeline.network()).pairs(),
                "unet/config.json describes another network");
        try (TensorFile openAi = TensorFile.open(file)) {
            Map<String, TensorEntry> original =
                    widened(StateDict.of(openAi, Optional.empty()).entries());
            requireEqual(original, pipeline.entries());
            requireEqual(names.toDiffusers(pipeline.entries()), names.toDiffusers(original));
            requireEqual(original, names.toOpenAi(names.toDiffusers(original)));
        }
    }

    private static Map<String, TensorEntry> widened(Map<String, TensorEntry> entries) {
        Map<String, TensorEntry> wide = new LinkedHashMap<>();
        for (PendingTensor tensor : PendingTensor.of(entries)) {
            wide.put(
                    tensor.name(),
                    new TensorEntry(
                            tensor.name(),
                            tensor.as(DType.F32).dtype(),
                            tensor.shape(),
                            tensor.as(DType.F32).data().get()));
        }
        return wide;
    }

    private static void requireEqual(
            Map<String, TensorEntry> expected, Map<String, TensorEntry> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, entry) -> {
            TensorEntry ours = actual.get(name);
            assertEquals(entry.dtype(), ours.dtype(), name);
            assertArrayEquals(entry.shape(), ours.shape(), name);
            assertEquals(-1, entry.data().mismatch(ours.data()), name);
        });
    }

    private static void sample(ReferenceCase reference, String variant, DiffusersFolder pipeline) {
        try (UNet net = UNet.zeroed(pipeline.network());
                Scope _ = Scope.open()) {
            net.precision(Precision.F32);
            Map<String, Tensor> weights = new HashMap<>();
            pipeline.entries()
                    .forEach((name, entry) ->
                            weights.put(
                                    name,
                                    Tensor.copyOf(entry.data(), entry.dtype(), entry.shape())));
            net.load(weights);
            for (JsonNode run : reference.get("runs")) {
                if (run.path("variant").asText("").equals(variant)) {
                    sample(reference, run, pipeline.scheduler(), net);
                }
            }
        }
    }

    private static void sample(
            ReferenceCase reference, JsonNode run, SchedulerConfig scheduler, UNet net) {
        String name = run.path("name").asText();
        DiffusersTimesteps.Plan plan = asked(scheduler.timesteps(), run);
        Tensor latents = reference.tensor(run.path("latents").asText());
        List<Tensor> draws = new ArrayList<>(List.of(latents));
        if (run.path("step_noise").isTextual()) {
            Tensor noise = reference.tensor(run.path("step_noise").asText());
            for (int i = 0; i < noise.size(0); i++) {
                draws.add(noise.select(0, i));
            }
        }
        NoiseRange range = scheduler.timesteps().range();
        Recorder recorder =
                new Recorder(
                        new ConsistencyModel(
                                net,
                                new BoundaryScalings(scheduler.sigmaData(), scheduler.sigmaMin()),
                                TimeInput.OPENAI),
                        scheduler.clipDenoised(),
                        Scope.current());
        Tensor images =
                new DiffusersSampler(plan, range, scheduler.noiseScale())
                        .sample(
                                recorder,
                                SampleRequest.of(
                                                new ReplayNoise(Tensor.stack(0, draws)),
                                                latents.shape())
                                        .withClip(scheduler.clipDenoised())
                                        .withLabels(labels(run)));
        reference.checkIfPresent(name + "/sample_after_step", recorder.afterEachStep());
        reference.check(
                name + "/images", images.times(0.5).plus(0.5).clamp(0, 1).permute(0, 2, 3, 1));
    }

    private static Optional<Tensor> labels(JsonNode run) {
        JsonNode given = run.path("class_labels");
        if (given.isIntegralNumber()) {
            return Optional.of(Tensor.of(new long[] {given.asLong()}));
        }
        if (!given.isArray()) {
            return Optional.empty();
        }
        long[] labels = new long[given.size()];
        Arrays.setAll(labels, i -> given.path(i).asLong());
        return Optional.of(Tensor.of(labels));
    }

    /**
     * The pipeline takes one step where it is told nothing, and timesteps rather than their number.
     */
    private static DiffusersTimesteps.Plan asked(DiffusersTimesteps grid, JsonNode run) {
        List<Integer> timesteps = timesteps(run);
        return timesteps.isEmpty()
                ? grid.ofSteps(run.path("num_inference_steps").asInt(1))
                : grid.ofTimesteps(timesteps);
    }

    private static List<Integer> timesteps(JsonNode arguments) {
        List<Integer> timesteps = new ArrayList<>();
        arguments.path("timesteps").forEach(t -> timesteps.add(t.asInt()));
        return timesteps;
    }

    private static DiffusersTimesteps.Plan plan(DiffusersTimesteps grid, JsonNode arguments) {
        return grid.of(arguments.path("num_inference_steps").asInt(0), timesteps(arguments));
    }

    /** Keeps what the model is asked and its last answer: the sample after each step. */
    private static final class Recorder implements Denoiser {

        private final Denoiser model;
        private final boolean clip;
        private final Scope scope;
        private final List<Tensor> inputs = new ArrayList<>();
        private Optional<Tensor> last = Optional.empty();

        Recorder(Denoiser model, boolean clip, Scope scope) {
            this.model = model;
            this.clip = clip;
            this.scope = scope;
        }

        @Override
        public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
            Tensor answer = model.denoise(x, sigma, labels);
            inputs.add(x.copy().escapeTo(scope));
            Tensor estimate = clip ? answer.clamp(-1, 1) : answer.copy();
            last = Optional.of(estimate.escapeTo(scope));
            return answer;
        }

        /** No noise follows the last step. */
        Tensor afterEachStep() {
            List<Tensor> samples = new ArrayList<>(inputs.subList(1, inputs.size()));
            samples.add(last.orElseThrow());
            return Tensor.stack(0, samples);
        }
    }

    static void scheduler(ReferenceCase reference) {
        for (JsonNode table : reference.get("tables")) {
            new SchedulerTable(reference, table).check();
        }
        for (JsonNode refused : reference.get("refused")) {
            JsonNode config = refused.path("config");
            var refusal =
                    assertThrows(
                            IllegalArgumentException.class,
                            () -> plan(scheduler(config).timesteps(), config),
                            config::toString);
            assertEquals(refused.path("message").asText(), refusal.getMessage());
        }
    }

    private static SchedulerConfig scheduler(JsonNode config) {
        SchedulerConfig absent = SchedulerConfig.DEFAULT;
        return new SchedulerConfig(
                config.path("num_train_timesteps").asInt(absent.trainTimesteps()),
                config.path("sigma_min").asDouble(absent.sigmaMin()),
                config.path("sigma_max").asDouble(absent.sigmaMax()),
                config.path("sigma_data").asDouble(absent.sigmaData()),
                config.path("s_noise").asDouble(absent.noiseScale()),
                config.path("rho").asDouble(absent.rho()),
                config.path("clip_denoised").asBoolean(absent.clipDenoised()));
    }

    /** One configuration of the scheduler and the numbers it makes. */
    private record SchedulerTable(ReferenceCase reference, JsonNode table) {

        void check() {
            SchedulerConfig config = scheduler(table.path("config"));
            DiffusersTimesteps grid = config.timesteps();
            DiffusersTimesteps.Plan plan = plan(grid, table.path("config"));
            double[] sigmas = plan.sigmas();
            near("timesteps", plan.times().stream().mapToDouble(Double::doubleValue).toArray());
            near("sigmas", sigmas);
            double[] all = new double[grid.trainTimesteps()];
            Arrays.setAll(all, grid::sigma);
            near("default_sigmas", all);
            near("default_timesteps", each(all, TimeInput.OPENAI::of));
            near("init_noise_sigma", new double[] {grid.range().sigmaMax()});
            scalings(
                    "boundary",
                    sigmas,
                    new BoundaryScalings(config.sigmaData(), config.sigmaMin()));
            scalings("edm", sigmas, new EdmScalings(config.sigmaData()));
            near("model_input_scale", each(sigmas, new EdmScalings(config.sigmaData())::cIn));
        }

        private void scalings(String name, double[] sigmas, Scalings scalings) {
            near(name + "_c_skip", each(sigmas, scalings::cSkip));
            near(name + "_c_out", each(sigmas, scalings::cOut));
        }

        private static double[] each(double[] values, DoubleUnaryOperator f) {
            return Arrays.stream(values).map(f).toArray();
        }

        private void near(String name, double[] ours) {
            JsonNode expected = table.path(name);
            if (expected.isMissingNode()) {
                return;
            }
            JsonNode tolerances = reference.get("tolerance");
            JsonNode tolerance =
                    tolerances.path(name.endsWith("timesteps") ? "timesteps" : "others");
            int count = expected.isArray() ? expected.size() : 1;
            assertEquals(count, ours.length, () -> table.path("config") + ": length of " + name);
            for (int i = 0; i < count; i++) {
                double value =
                        expected.isArray() ? expected.path(i).asDouble() : expected.asDouble();
                double allowed =
                        tolerance.path("atol").asDouble()
                                + tolerance.path("rtol").asDouble() * Math.abs(value);
                assertTrue(
                        Math.abs(ours[i] - value) <= allowed,
                        "%s: %s[%d] is %.12g, expected %.12g"
                                .formatted(table.path("config"), name, i, ours[i], value));
            }
        }
    }
}
