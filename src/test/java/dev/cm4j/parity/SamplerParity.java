package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.UNet;
import dev.cm4j.sample.AncestralSampler;
import dev.cm4j.sample.ChurnConfig;
import dev.cm4j.sample.DpmSampler;
import dev.cm4j.sample.EulerSampler;
import dev.cm4j.sample.HeunSampler;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.OnestepSampler;
import dev.cm4j.sample.ProgdistSampler;
import dev.cm4j.sample.ReplayNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.sample.Sampler;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Samplers fed with the noise that the original drew. */
final class SamplerParity {

    private SamplerParity() {}

    static void sampler(ReferenceCase reference) {
        JsonNode args = reference.get("sampler_args");
        NoiseRange range =
                new NoiseRange(
                        args.path("sigma_min").asDouble(0.002),
                        args.path("sigma_max").asDouble(80),
                        args.path("rho").asDouble(7));
        double sigmaData = reference.get("sigma_data").asDouble(0.5);
        Scalings scalings =
                reference.get("distillation").asBoolean()
                        ? new BoundaryScalings(sigmaData, range.sigmaMin())
                        : new EdmScalings(sigmaData);
        try (UNet net = ReferenceNetworks.load(reference, reference.get("model"))) {
            Trace trace =
                    new Trace(
                            new ConsistencyModel(net, scalings, TimeInput.OPENAI), Scope.current());
            Tensor noise = reference.tensor("noise");
            SampleRequest request =
                    SampleRequest.of(new ReplayNoise(noise), shape(args))
                            .withClip(args.path("clip_denoised").asBoolean(true))
                            .withLabels(reference.optionalTensor("y"));
            Tensor images = sampler(reference, args, range).sample(trace, request);
            trace.check(reference);
            reference.check("sample", images);
        }
    }

    private static long[] shape(JsonNode args) {
        long[] shape = new long[4];
        Arrays.setAll(shape, i -> args.path("shape").path(i).asLong());
        return shape;
    }

    private static Sampler sampler(ReferenceCase reference, JsonNode args, NoiseRange range) {
        int steps = args.path("steps").asInt(40);
        return switch (args.path("sampler").asText()) {
            case "onestep" -> new OnestepSampler(range);
            case "multistep" -> {
                List<Integer> ts = new ArrayList<>();
                args.path("ts").forEach(t -> ts.add(t.asInt()));
                // The original takes the ρ of the diffusion object here, not the argument's.
                double rho = reference.get("diffusion_rho").asDouble(7);
                NoiseRange grid = new NoiseRange(range.sigmaMin(), range.sigmaMax(), rho);
                yield MultistepSampler.atAnyIndices(ts, grid.grid(steps));
            }
            case "euler" -> new EulerSampler(steps, range);
            case "heun" -> new HeunSampler(steps, range, churn(args));
            case "dpm" -> new DpmSampler(steps, range, churn(args));
            case "ancestral" -> new AncestralSampler(steps, range);
            case "progdist" -> new ProgdistSampler(steps, range);
            default -> throw new AssertionError("sampler " + args.path("sampler"));
        };
    }

    private static ChurnConfig churn(JsonNode args) {
        return new ChurnConfig(
                args.path("s_churn").asDouble(0),
                args.path("s_tmin").asDouble(0),
                args.path("s_tmax").asDouble(Double.POSITIVE_INFINITY), // "Infinity" or absent
                args.path("s_noise").asDouble(1));
    }

    /** Keeps what the denoiser was asked and what it answered. */
    private static final class Trace implements Denoiser {

        private final Denoiser model;
        private final Scope scope;
        private final List<Tensor> inputs = new ArrayList<>();
        private final List<Tensor> answers = new ArrayList<>();
        private final List<double[]> sigmas = new ArrayList<>();

        Trace(Denoiser model, Scope scope) {
            this.model = model;
            this.scope = scope;
        }

        @Override
        public Tensor denoise(Tensor x, double[] sigma, Optional<Tensor> labels) {
            Tensor answer = model.denoise(x, sigma, labels);
            inputs.add(x.copy().escapeTo(scope));
            answers.add(answer.copy().escapeTo(scope));
            sigmas.add(sigma.clone());
            return answer;
        }

        void check(ReferenceCase reference) {
            if (reference.has("trace_sigma")) {
                reference.check(
                        "trace_sigma", sigmas.stream().flatMapToDouble(Arrays::stream).toArray());
            }
            if (!reference.has("trace_x")) {
                return;
            }
            int recorded = (int) reference.tensor("trace_x").to(DType.F32).size(0);
            reference.check("trace_x", Tensor.stack(0, inputs.subList(0, recorded)));
            reference.check("trace_denoised", Tensor.stack(0, answers.subList(0, recorded)));
        }
    }
}
