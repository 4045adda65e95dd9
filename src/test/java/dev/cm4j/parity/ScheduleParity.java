package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.AdaptiveRate;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.FixedCurriculum;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.HalvingCurriculum;
import dev.cm4j.schedule.KarrasGrid;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.ProgressiveCurriculum;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TargetRate;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.Tensor;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/** Noise levels, scalings, weights, curricula, and the denoiser built of them. */
final class ScheduleParity {

    private ScheduleParity() {}

    static void karrasSigmas(ReferenceCase reference) {
        int i = 0;
        for (JsonNode g : reference.get("grids")) {
            KarrasGrid grid =
                    new KarrasGrid(
                            g.path("n").asInt(),
                            g.path("sigma_min").asDouble(),
                            g.path("sigma_max").asDouble(),
                            g.path("rho").asDouble());
            reference.check("sigmas/" + i++, grid.sigmasWithZero());
        }
    }

    static void karrasScalings(ReferenceCase reference) {
        double[] sigmas = reference.values("sigmas");
        double sigmaData = reference.get("sigma_data").asDouble();
        check(reference, "snr", sigmas, s -> 1 / (s * s));
        for (Weighting w : Weighting.values()) {
            if (reference.has("weight/" + w.key())) {
                check(reference, "weight/" + w.key(), sigmas, s -> w.weight(s, 0, sigmaData));
            }
        }
        checkScalings(reference, "edm", sigmas, new EdmScalings(sigmaData));
        checkScalings(
                reference,
                "boundary",
                sigmas,
                new BoundaryScalings(sigmaData, reference.get("sigma_min").asDouble()));
        check(reference, "rescaled_t", sigmas, TimeInput.OPENAI::of);
        reference
                .get("tensors")
                .fieldNames()
                .forEachRemaining(name -> {
                    if (name.startsWith("timestep_embedding/")) {
                        checkEmbedding(reference, name, sigmas);
                    }
                });
    }

    private static void checkScalings(
            ReferenceCase reference, String name, double[] sigmas, Scalings scalings) {
        check(reference, name + "/c_skip", sigmas, scalings::cSkip);
        check(reference, name + "/c_out", sigmas, scalings::cOut);
        check(reference, name + "/c_in", sigmas, scalings::cIn);
    }

    private static void check(
            ReferenceCase reference, String name, double[] at, DoubleUnaryOperator f) {
        reference.check(name, Arrays.stream(at).map(f).toArray());
    }

    /** The time embedding is inside the network; here its formula from the network's time input. */
    private static void checkEmbedding(ReferenceCase reference, String name, double[] sigmas) {
        int width = Integer.parseInt(name.substring(name.indexOf('/') + 1));
        int half = width / 2;
        double[] embedding = new double[sigmas.length * width];
        for (int n = 0; n < sigmas.length; n++) {
            double t = (float) TimeInput.OPENAI.of(sigmas[n]);
            for (int j = 0; j < half; j++) {
                double angle = t * Math.exp(-Math.log(10_000) * j / half);
                embedding[n * width + j] = Math.cos(angle);
                embedding[n * width + half + j] = Math.sin(angle);
            }
        }
        reference.check(name, embedding);
    }

    static void karrasDenoise(ReferenceCase reference) {
        try (UNet net = ReferenceNetworks.load(reference, reference.get("model"))) {
            Tensor x = reference.tensor("x_t");
            double[] sigmas = reference.values("sigmas");
            Optional<Tensor> labels = reference.optionalTensor("y");
            Scalings edm = new EdmScalings(0.5);
            Scalings boundary = new BoundaryScalings(0.5, reference.get("sigma_min").asDouble());
            reference.check(
                    "denoised/edm",
                    new ConsistencyModel(net, edm, TimeInput.OPENAI).denoise(x, sigmas, labels));
            reference.check(
                    "denoised/boundary",
                    new ConsistencyModel(net, boundary, TimeInput.OPENAI)
                            .denoise(x, sigmas, labels));
        }
    }

    static void sigmaSampling(ReferenceCase reference) {
        LogNormalTimes times =
                new LogNormalTimes(
                        reference.get("p_mean").asDouble(), reference.get("p_std").asDouble());
        check(reference, "sigmas/lognormal", reference.values("normal"), times::sigma);
        double[] weights = new double[reference.values("normal").length];
        Arrays.fill(weights, 1);
        reference.check("weights/lognormal", weights);
        double[] uniform = reference.values("uniform");
        int batch = uniform.length * reference.get("world_size").asInt();
        int first = uniform.length * reference.get("rank").asInt();
        reference.check("sigmas/even", times.stratified(uniform, first, batch));
    }

    static void scales(ReferenceCase reference) {
        double rtol = reference.get("tolerance").path("ema").path("rtol").asDouble();
        for (JsonNode table : reference.get("tables")) {
            Curriculum curriculum = curriculum(table);
            TargetRate rate = rate(table);
            for (JsonNode row : table.path("rows_step_ema_scales")) {
                long step = row.path(0).asLong();
                int scales = curriculum.scales(step);
                assertEquals(row.path(2).asInt(), scales, () -> "N at step " + step);
                double expected = row.path(1).asDouble();
                assertEquals(
                        expected,
                        rate.rate(step, scales),
                        rtol * Math.abs(expected),
                        () -> "target EMA rate at step " + step);
            }
        }
        for (JsonNode pair : reference.get("rejected_combinations")) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> rate(pair.path(0).asText(), pair.path(1).asText(), 0.9, 2),
                    () -> "accepted " + pair);
        }
    }

    private static Curriculum curriculum(JsonNode table) {
        int start = table.path("start_scales").asInt();
        return switch (table.path("scale_mode").asText()) {
            case "fixed" -> new FixedCurriculum(start);
            // The original's N keeps growing past the planned end; ours stops unless told not to.
            case "progressive" ->
                    new ProgressiveCurriculum(
                            start,
                            table.path("end_scales").asInt(),
                            table.path("total_steps").asLong(),
                            false);
            case "progdist" ->
                    new HalvingCurriculum(start, table.path("distill_steps_per_iter").asLong());
            default -> throw new AssertionError(table);
        };
    }

    private static TargetRate rate(JsonNode table) {
        return rate(
                table.path("target_ema_mode").asText(),
                table.path("scale_mode").asText(),
                table.path("start_ema").asDouble(),
                table.path("start_scales").asInt());
    }

    /** The original's names of the pairs of rate and curriculum that belong together. */
    private static TargetRate rate(String mode, String scales, double start, int startScales) {
        return switch (mode + "/" + scales) {
            case "fixed/fixed", "fixed/progressive" -> new FixedRate(start);
            case "fixed/progdist" -> new FixedRate(1);
            case "adaptive/progressive" ->
                    new AdaptiveRate(start, startScales, AdaptiveRate.Divisor.CODE);
            default ->
                    throw new IllegalArgumentException("no target EMA of " + mode + "/" + scales);
        };
    }
}
