package dev.cm4j.parity;

import dev.cm4j.loss.ConsistencyDistillation;
import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.Distance;
import dev.cm4j.loss.EdmDenoising;
import dev.cm4j.loss.L1;
import dev.cm4j.loss.L2;
import dev.cm4j.loss.L2At32;
import dev.cm4j.loss.LossTerms;
import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.ProgressiveDistillation;
import dev.cm4j.loss.Solver;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.Vgg16;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.FixedCurriculum;
import dev.cm4j.schedule.HalvingCurriculum;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Losses and their gradients for recorded images, noise and indices. */
final class LossParity {

    private final ReferenceCase reference;
    private final NoiseRange range;
    private final Scalings boundary;
    private final Scalings edm;
    private final Weighting weighting;
    private final Distance distance;

    private LossParity(ReferenceCase reference, Distance distance) {
        this.reference = reference;
        this.distance = distance;
        var diffusion = reference.get("diffusion");
        double sigmaData = diffusion.path("sigma_data").asDouble(0.5);
        range =
                new NoiseRange(
                        diffusion.path("sigma_min").asDouble(0.002),
                        diffusion.path("sigma_max").asDouble(80),
                        diffusion.path("rho").asDouble(7));
        boundary = new BoundaryScalings(sigmaData, range.sigmaMin());
        edm = new EdmScalings(sigmaData);
        weighting = Weighting.named(reference.get("weight_schedule").asText());
    }

    static void loss(ReferenceCase reference) {
        if (reference.get("loss_norm").asText().equals("lpips")) {
            try (Lpips lpips = LpipsParity.open(reference, Vgg16.Pooling.AVERAGE)) {
                new LossParity(reference, lpips).check();
            }
        } else {
            new LossParity(reference, distance(reference.get("loss_norm").asText())).check();
        }
    }

    private void check() {
        double dropout = reference.get("dropout").asDouble(0);
        try (UNet online = ReferenceNetworks.load(reference, reference.get("model"), dropout);
                UNet target = ReferenceNetworks.scaled(online, scale("target_scale"));
                UNet teacher = ReferenceNetworks.scaled(online, scale("teacher_scale"))) {
            replayMasks(online, target); // the teacher drops nothing
            online.zeroGradients();
            LossTerms terms = terms(online, target, teacher);
            terms.loss().backward();
            reference.check("loss", terms.perSample());
            reference.check("loss_mean", terms.loss().detach().reshape(1));
            if (reference.has("call0_student/sigma")) {
                reference.check("call0_student/sigma", terms.sigma());
            }
            NetworkParity.checkGradients(reference, online, "grad");
            Tensor total = online.gradients().to(DType.F64).norm().reshape(1);
            reference.checkIfPresent("grad_norm_total", total);
        }
    }

    private void replayMasks(UNet... nets) {
        List<Tensor> masks = new ArrayList<>();
        while (reference.has("dropout_mask/" + masks.size())) {
            masks.add(reference.tensor("dropout_mask/" + masks.size()));
        }
        for (UNet net : nets) {
            net.training(!masks.isEmpty());
            net.dropoutMasks(masks);
        }
    }

    private double scale(String key) {
        return reference.get(key).asDouble(1);
    }

    private LossTerms terms(UNet online, UNet target, UNet teacher) {
        Tensor x0 = reference.tensor("x_start");
        Tensor z = reference.tensor("noise");
        Optional<Tensor> labels = reference.optionalTensor("y");
        int n = reference.get("num_scales").asInt();
        return switch (reference.get("mode").asText()) {
            case "ct" ->
                    new ConsistencyTraining(new FixedCurriculum(n), weighting, distance, range)
                            .atIndices(
                                    x0,
                                    z,
                                    indices(),
                                    n,
                                    labels,
                                    model(online, boundary),
                                    model(target, boundary),
                                    0);
            case "cd" ->
                    new ConsistencyDistillation(
                                    model(teacher, edm),
                                    reference.get("solver").asText().startsWith("euler")
                                            ? Solver.EULER
                                            : Solver.HEUN,
                                    new FixedCurriculum(n),
                                    weighting,
                                    distance,
                                    range)
                            .atIndices(
                                    x0,
                                    z,
                                    indices(),
                                    n,
                                    labels,
                                    model(online, boundary),
                                    model(target, boundary),
                                    0);
            case "pd" ->
                    new ProgressiveDistillation(
                                    new HalvingCurriculum(4, 1), weighting, distance, range)
                            .atIndices(
                                    x0,
                                    z,
                                    indices(),
                                    n,
                                    labels,
                                    model(online, edm),
                                    model(teacher, edm),
                                    0);
            case "edm" ->
                    new EdmDenoising(new LogNormalTimes(-1.2, 1.2), weighting)
                            .atLevels(
                                    x0,
                                    z,
                                    reference.values("sigmas"),
                                    labels,
                                    model(online, edm),
                                    0);
            default -> throw new AssertionError("mode " + reference.get("mode"));
        };
    }

    private static ConsistencyModel model(UNet net, Scalings scalings) {
        return new ConsistencyModel(net, scalings, TimeInput.OPENAI);
    }

    private int[] indices() {
        return Arrays.stream(reference.values("indices")).mapToInt(i -> (int) i).toArray();
    }

    /** A distance without weights, by the original's name. */
    static Distance distance(String norm) {
        return switch (norm) {
            case "l1" -> new L1();
            case "l2", "" -> new L2(); // denoising has none to choose
            case "l2-32" -> new L2At32();
            default -> throw new AssertionError("loss norm " + norm);
        };
    }
}
