package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.edit.EditLevels;
import dev.cm4j.edit.IterativeEdit;
import dev.cm4j.edit.Knowledge;
import dev.cm4j.edit.KnownGrey;
import dev.cm4j.edit.KnownMeans;
import dev.cm4j.edit.KnownPixels;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.model.Denoiser;
import dev.cm4j.nn.UNet;
import dev.cm4j.sample.ReplayNoise;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Edits fed with the start and the noise that the original had. */
final class EditParity {

    private static final double SIGMA_DATA = 0.5;

    private EditParity() {}

    static void edit(ReferenceCase reference) {
        JsonNode args = reference.get("edit_args");
        NoiseRange range =
                new NoiseRange(
                        args.path("t_min").asDouble(0.002),
                        args.path("t_max").asDouble(80),
                        args.path("rho").asDouble(7));
        List<Integer> ts = new ArrayList<>();
        args.path("ts").forEach(t -> ts.add(t.asInt()));
        EditLevels levels = EditLevels.atAnyIndices(ts, range.grid(args.path("steps").asInt(40)));
        Knowledge knowledge = knowledge(reference);
        Tensor images = reference.tensor("images");
        try (UNet net = ReferenceNetworks.load(reference, reference.get("model"))) {
            var scalings = new BoundaryScalings(SIGMA_DATA, range.sigmaMin());
            var trace =
                    new Trace(
                            new ConsistencyModel(net, scalings, TimeInput.OPENAI), Scope.current());
            Tensor result =
                    new IterativeEdit(trace, levels, knowledge)
                            .editFrom(
                                    images,
                                    reference.tensor("x_start"),
                                    reference.optionalTensor("y"),
                                    new ReplayNoise(reference.tensor("noise")));
            trace.check(reference);
            reference.checkIfPresent("reference_image", knowledge.measured(images));
            reference.check("result", result);
        }
    }

    private static Knowledge knowledge(ReferenceCase reference) {
        String task = reference.get("task").asText();
        return switch (task) {
            case "colorization" -> new KnownGrey();
            case "superres" -> new KnownMeans(reference.get("patch_size").asInt(8));
            case "inpainting" -> new KnownPixels(reference.tensor("mask"));
            default -> throw new AssertionError("task " + task);
        };
    }

    /** Keeps what the model was asked and what it answered. */
    private record Trace(
            Denoiser model,
            Scope scope,
            List<Tensor> inputs,
            List<Tensor> answers,
            List<double[]> sigmas)
            implements Denoiser {

        Trace(Denoiser model, Scope scope) {
            this(model, scope, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
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
            double[] all = sigmas.stream().flatMapToDouble(Arrays::stream).toArray();
            if (reference.has("trace_sigma")) {
                reference.check("trace_sigma", all);
            }
            if (reference.has("trace_x")) {
                int rows = (int) reference.tensor("trace_x").to(DType.F32).size(0);
                reference.check("trace_x", Tensor.stack(0, inputs.subList(0, rows)));
                reference.check("trace_denoised", Tensor.stack(0, answers.subList(0, rows)));
            }
        }
    }
}
