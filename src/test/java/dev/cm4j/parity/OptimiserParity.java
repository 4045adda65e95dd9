package dev.cm4j.parity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.optim.Ema;
import dev.cm4j.optim.Optimizer;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.train.LossScale;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Optimiser trajectories and moving averages on recorded gradients and values. */
final class OptimiserParity {

    private static final String AVERAGE = "ema/";

    private OptimiserParity() {}

    static void optimiser(ReferenceCase reference) {
        var args = reference.get("args");
        OptimizerConfig.Kind kind =
                OptimizerConfig.Kind.valueOf(
                        reference.get("optimizer").asText().toUpperCase(Locale.ROOT));
        OptimizerConfig config = // what is not said is as PyTorch has it
                new OptimizerConfig(
                        kind,
                        args.path("betas").path(0).asDouble(0.9),
                        args.path("betas").path(1).asDouble(0.999),
                        args.path("eps").asDouble(1e-8),
                        args.path("weight_decay")
                                .asDouble(kind == OptimizerConfig.Kind.ADAMW ? 0.01 : 0));
        int steps = reference.get("steps").asInt();
        int anneal = reference.get("lr_anneal_steps").asInt(0);
        for (int p = 0; p < reference.get("num_params").asInt(); p++) {
            try (Scope _ = Scope.open()) {
                trajectory(reference, config, p, steps, args.path("lr").asDouble(1e-3), anneal);
            }
        }
    }

    private static void trajectory(
            ReferenceCase reference,
            OptimizerConfig config,
            int p,
            int steps,
            double lr,
            int anneal) {
        Tensor start = reference.tensor("param0/" + p);
        Tensor gradients = reference.tensor("grad/" + p);
        Tensor weights = start.reshape(-1).copy();
        try (Optimizer optimizer = Optimizer.create(config, start.elementCount())) {
            List<Tensor> after = new ArrayList<>();
            for (int k = 0; k < steps; k++) {
                double rate = anneal > 0 ? lr * (1 - (double) k / anneal) : lr;
                optimizer.step(
                        weights,
                        gradients.select(0, k).reshape(-1).contiguous(),
                        rate,
                        1,
                        List.of());
                after.add(weights.copy().reshape(start.shape()));
            }
            reference.check("param_after_step/" + p, Tensor.stack(0, after));
            reference.check("exp_avg/" + p, optimizer.expAvg().reshape(start.shape()));
            reference.check("exp_avg_sq/" + p, optimizer.expAvgSq().reshape(start.shape()));
            reference.check("step", new double[] {optimizer.stepCount()});
        }
    }

    static void average(ReferenceCase reference) {
        Tensor start = reference.tensor("start");
        Tensor source = reference.tensor("source");
        reference
                .get("tensors")
                .fieldNames()
                .forEachRemaining(name -> {
                    if (name.startsWith(AVERAGE)) {
                        double rate = Double.parseDouble(name.substring(AVERAGE.length()));
                        reference.check(name, averaged(start, source, rate));
                    }
                });
    }

    private static Tensor averaged(Tensor start, Tensor source, double rate) {
        Tensor average = start.reshape(-1).copy();
        List<Tensor> after = new ArrayList<>();
        for (int k = 0; k < source.size(0); k++) {
            Ema.update(average, source.select(0, k).reshape(-1).contiguous(), rate);
            after.add(average.copy().reshape(start.shape()));
        }
        return Tensor.stack(0, after);
    }

    /**
     * Rows of lg before the step, whether gradients were finite, whether it was taken, lg after.
     */
    static void lossScale(ReferenceCase reference) {
        double rtol = reference.get("tolerance").path("rtol").asDouble();
        LossScale scale =
                new LossScale(
                        reference.get("initial_lg_loss_scale").asDouble(),
                        reference.get("fp16_scale_growth").asDouble());
        for (JsonNode row : reference.get("rows_used_finite_took_after")) {
            double used = row.get(0).asDouble();
            assertEquals(used, scale.log2(), rtol * used, reference.name());
            boolean finite = row.get(1).asBoolean();
            assertEquals(row.get(2).asBoolean(), finite, reference.name());
            scale = scale.after(finite);
            double after = row.get(3).asDouble();
            assertEquals(after, scale.log2(), rtol * after, reference.name());
        }
    }
}
