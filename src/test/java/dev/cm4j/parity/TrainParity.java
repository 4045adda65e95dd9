package dev.cm4j.parity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cm4j.data.Batch;
import dev.cm4j.loss.ConsistencyDistillation;
import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.Distance;
import dev.cm4j.loss.EdmDenoising;
import dev.cm4j.loss.LossTerms;
import dev.cm4j.loss.Lpips;
import dev.cm4j.loss.Objective;
import dev.cm4j.loss.ProgressiveDistillation;
import dev.cm4j.loss.Solver;
import dev.cm4j.loss.StepContext;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.Vgg16;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.schedule.AdaptiveRate;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.Curriculum;
import dev.cm4j.schedule.EdmScalings;
import dev.cm4j.schedule.EmaRate;
import dev.cm4j.schedule.FixedCurriculum;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.HalvingCurriculum;
import dev.cm4j.schedule.LearningRate;
import dev.cm4j.schedule.LogNormalTimes;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.ProgressiveCurriculum;
import dev.cm4j.schedule.Scalings;
import dev.cm4j.schedule.TargetRate;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.train.Accumulation;
import dev.cm4j.train.AverageConfig;
import dev.cm4j.train.Phase;
import dev.cm4j.train.Phases;
import dev.cm4j.train.Progress;
import dev.cm4j.train.Recipe;
import dev.cm4j.train.RunRate;
import dev.cm4j.train.StageChange;
import dev.cm4j.train.TeacherChain;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.TrainingStep;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Whole training runs of the original, replayed through our training step. */
final class TrainParity {

    private final ReferenceCase reference;
    private final Distance distance;
    private final double sigmaData;
    private final JsonNode train;
    private final String mode;
    private final int steps;
    private final List<double[]> losses = new ArrayList<>();
    private int step;

    private TrainParity(ReferenceCase reference, Distance distance) {
        this.reference = reference;
        this.distance = distance;
        this.sigmaData = reference.get("sigma_data").asDouble(0.5);
        this.train = reference.get("train");
        this.mode = reference.get("mode").asText();
        this.steps = reference.get("steps").asInt();
    }

    static void train(ReferenceCase reference) {
        String norm = reference.get("train").path("loss_norm").asText();
        if (norm.equals("lpips")) {
            try (Lpips lpips = LpipsParity.open(reference, Vgg16.Pooling.AVERAGE)) {
                new TrainParity(reference, lpips).run();
            }
        } else {
            new TrainParity(reference, LossParity.distance(norm)).run();
        }
    }

    private void run() {
        try (UNet teacher = ReferenceNetworks.load(reference, reference.get("model"));
                UNet copied = teacher.copy(); // what the original copies into its unused teacher
                TrainState state = TrainState.startingFrom(recipe(teacher), teacher.copy())) {
            double[] norms = new double[steps];
            double[] weightNorms = new double[steps];
            double[] rates = new double[steps];
            double[] targetRates = new double[steps];
            double[] scales = new double[steps];
            TrainingStep training = new TrainingStep(0);
            for (step = 0; step < steps; step++) {
                weightNorms[step] = state.online().weights().to(DType.F64).norm().item();
                TrainState.Stage stage = state.counters().stage();
                Tensor images = row("x");
                Batch batch = new Batch(images, labels(), images.size(0) * step);
                TrainingStep.Outcome outcome =
                        training.take(
                                state, batch, new Progress(step, steps, (double) step / steps));
                if (step > 0 && !state.counters().stage().equals(stage)) {
                    copied.weights().assign(state.online().weights());
                }
                norms[step] = outcome.gradientNorm();
                rates[step] = outcome.learningRate();
                targetRates[step] = outcome.place().targetRate();
                scales[step] = outcome.place().scales();
            }
            reference.check("loss", losses.stream().flatMapToDouble(Arrays::stream).toArray());
            reference.check("step_lr", rates);
            reference.check("step_grad_norm", norms);
            reference.check("step_param_norm", weightNorms);
            if (!mode.equals("edm")) {
                reference.check("step_target_ema", targetRates);
                reference.check("step_num_scales", scales);
            }
            checkNetwork("final_online", state.online());
            if (mode.equals("pd")) {
                checkNetwork("final_teacher", copied);
            }
            state.target().ifPresent(net -> checkNetwork("final_target", net));
            state.averages()
                    .forEach(a -> checkNetwork("final_ema_" + a.config().label(), a.network()));
        }
    }

    private void checkNetwork(String prefix, UNet net) {
        List<Tensor> weights = net.parameterNames().stream().map(net::parameter).toList();
        NetworkParity.checkNorms(reference, prefix + "_norms", weights);
        NetworkParity.checkFirst16(reference, prefix + "_first16", weights);
        for (String name : net.parameterNames()) {
            reference.checkIfPresent(prefix + "/" + name, net.parameter(name));
        }
    }

    private Recipe recipe(UNet teacher) {
        double lr = train.path("lr").asDouble();
        int anneal = train.path("lr_anneal_steps").asInt(0);
        List<AverageConfig> averages = new ArrayList<>();
        for (String rate : train.path("ema_rate").asText().split(",")) {
            averages.add(new AverageConfig(rate, new EmaRate.Constant(Double.parseDouble(rate))));
        }
        int batch = reference.get("batch").asInt();
        int microBatch = train.path("microbatch").asInt(-1);
        return new Recipe(
                teacher.config(),
                scalings(),
                TimeInput.OPENAI,
                new Phases(
                        List.of(
                                new Phase(
                                        mode,
                                        1,
                                        replayed(teacher),
                                        targetRate(),
                                        (k, total) -> curriculum().scales(k),
                                        chain()))),
                new RunRate(
                        anneal > 0 && !mode.equals("pd")
                                ? new LearningRate.LinearToZero(lr, anneal)
                                : new LearningRate.Constant(lr),
                        0),
                new OptimizerConfig(
                        OptimizerConfig.Kind.RADAM,
                        0.9,
                        0.999,
                        1e-8,
                        train.path("weight_decay").asDouble()),
                Double.POSITIVE_INFINITY,
                averages,
                batch,
                microBatch > 0 ? microBatch : batch,
                false,
                Accumulation.SUMMED,
                0);
    }

    private Optional<TeacherChain> chain() {
        long anneal = train.path("lr_anneal_steps").asLong(0);
        return curriculum() instanceof HalvingCurriculum halving
                ? Optional.of(
                        new TeacherChain(
                                halving,
                                StageChange.AS_PUBLISHED,
                                anneal > 0 ? OptionalLong.of(anneal) : OptionalLong.empty()))
                : Optional.empty();
    }

    private Scalings scalings() {
        return mode.equals("edm") || mode.equals("pd")
                ? new EdmScalings(sigmaData)
                : new BoundaryScalings(sigmaData, NoiseRange.STANDARD.sigmaMin());
    }

    private Curriculum curriculum() {
        int start = train.path("start_scales").asInt(40);
        return switch (train.path("scale_mode").asText("fixed")) {
            case "fixed" -> new FixedCurriculum(start);
            case "progdist" ->
                    new HalvingCurriculum(start, train.path("distill_steps_per_iter").asLong());
            default ->
                    new ProgressiveCurriculum(
                            start,
                            train.path("end_scales").asInt(),
                            train.path("total_training_steps").asLong(),
                            false);
        };
    }

    private TargetRate targetRate() {
        double start = train.path("start_ema").asDouble(0);
        if (mode.equals("pd")) {
            return new FixedRate(1); // the teacher moves at changes of stage only
        }
        return train.path("target_ema_mode").asText("fixed").equals("fixed")
                ? new FixedRate(start)
                : new AdaptiveRate(
                        start, train.path("start_scales").asInt(), AdaptiveRate.Divisor.CODE);
    }

    /** The method's objective with the noise and the indices of the recorded step. */
    private Objective replayed(UNet teacher) {
        Weighting weighting = Weighting.named(train.path("weight_schedule").asText());
        NoiseRange range = NoiseRange.STANDARD;
        ConsistencyTraining ct = new ConsistencyTraining(curriculum(), weighting, distance, range);
        ConsistencyDistillation cd =
                new ConsistencyDistillation(
                        new ConsistencyModel(teacher, new EdmScalings(sigmaData), TimeInput.OPENAI),
                        Solver.HEUN,
                        curriculum(),
                        weighting,
                        distance,
                        range);
        ProgressiveDistillation pd =
                new ProgressiveDistillation(curriculum(), weighting, distance, range);
        LogNormalTimes times = new LogNormalTimes(-1.2, 1.2);
        EdmDenoising edm = new EdmDenoising(times, weighting);
        return (Tensor x0,
                Optional<Tensor> labels,
                StepContext at,
                ConsistencyModel online,
                ConsistencyModel target) -> {
            Tensor z = row("noise").narrow(0, at.place(), x0.size(0));
            int n = curriculum().scales(step);
            LossTerms terms =
                    switch (mode) {
                        case "ct" ->
                                ct.atIndices(
                                        x0,
                                        z,
                                        indices(at.place(), x0.size(0)),
                                        n,
                                        labels,
                                        online,
                                        target,
                                        0);
                        case "cd" ->
                                cd.atIndices(
                                        x0,
                                        z,
                                        indices(at.place(), x0.size(0)),
                                        n,
                                        labels,
                                        online,
                                        target,
                                        0);
                        case "pd" ->
                                pd.atIndices(
                                        x0,
                                        z,
                                        indices(at.place(), x0.size(0)),
                                        n,
                                        labels,
                                        online,
                                        target,
                                        0);
                        case "edm" ->
                                edm.atLevels(
                                        x0,
                                        z,
                                        Arrays.stream(
                                                        row("sigma_normal")
                                                                .narrow(0, at.place(), x0.size(0))
                                                                .to(DType.F64)
                                                                .toDoubles())
                                                .map(times::sigma)
                                                .toArray(),
                                        labels,
                                        online,
                                        0);
                        default -> throw new AssertionError("mode " + mode);
                    };
            losses.add(terms.perSample().to(DType.F64).toDoubles());
            return terms;
        };
    }

    private Tensor row(String name) {
        return reference.tensor(name).select(0, step);
    }

    /** Classes, where the network has them: of each step, or the same in all. */
    private Optional<Tensor> labels() {
        return reference.optionalTensor("y").map(y -> y.rank() > 1 ? y.select(0, step) : y);
    }

    private int[] indices(long first, long count) {
        Tensor part = row("indices").narrow(0, first, count);
        return Arrays.stream(part.toLongs()).mapToInt(i -> (int) i).toArray();
    }
}
