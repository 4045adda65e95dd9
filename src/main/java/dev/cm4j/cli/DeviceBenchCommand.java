package dev.cm4j.cli;

import dev.cm4j.data.Batch;
import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.L2;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.sample.GraphedModel;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.FixedCurriculum;
import dev.cm4j.schedule.FixedRate;
import dev.cm4j.schedule.LearningRate;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.train.Phase;
import dev.cm4j.train.Phases;
import dev.cm4j.train.Progress;
import dev.cm4j.train.Recipe;
import dev.cm4j.train.RunRate;
import dev.cm4j.train.TrainState;
import dev.cm4j.train.TrainingStep;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Our side of {@code tools/bench-gpu}: answers each line {@code <net> <what> <batch> <times>} of
 * standard input with the milliseconds of one repetition.
 */
@Command(
        name = "bench-device",
        hidden = true,
        description = "Time work on a device on request, for tools/bench-gpu.")
final class DeviceBenchCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "DEV", description = "cpu, cuda or cuda:N.")
    private String device;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Device chosen = Usage.check(spec, () -> Device.parse(device).ready());
        out.println("cm4j ready");
        out.flush();
        // one network at a time: a big one fills the memory of a small device
        String name = "";
        Optional<Work> work = Optional.empty();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                String key = words[0] + " " + words[1] + " " + words[2];
                if (!key.equals(name)) {
                    work.ifPresent(Work::close);
                    work = Optional.of(new Work(words[0], chosen, Integer.parseInt(words[2])));
                    name = key;
                }
                int times = Integer.parseInt(words[3]);
                long start = System.nanoTime();
                for (int i = 0; i < times; i++) {
                    work.get().run(words[1], i + 1 == times);
                }
                out.printf(Locale.ROOT, "%.4f%n", 1e-6 * (System.nanoTime() - start) / times);
                out.flush();
            }
        } finally {
            work.ifPresent(Work::close);
        }
        return Main.DONE;
    }

    /** A training state, its network and batches of one size. */
    private static final class Work implements AutoCloseable {

        private static final NoiseRange RANGE = NoiseRange.STANDARD;
        private static final long STEPS = 1_000_000;

        private final Device device;
        private final int n;
        private final UNetConfig config;
        private final TrainState state;
        private final ConsistencyModel model;
        private final GraphedModel graphed;
        private final Scope kept = Scope.open();
        private final Tensor images;
        private final Optional<Tensor> labels;

        Work(String name, Device device, int n) {
            this.device = device;
            this.n = n;
            config =
                    switch (name) {
                        case "mnist32" -> UNetConfig.mnist32().withClasses(10);
                        case "cifar10" -> UNetConfig.cifar10();
                        case "imagenet64" -> UNetConfig.imagenet64();
                        default ->
                                throw new IllegalArgumentException("no network is called " + name);
                    };
            state = TrainState.create(recipe(config, n), 0);
            state.precision(Precision.best(device));
            state.to(device);
            UNet net = state.target().orElse(state.online());
            model =
                    new ConsistencyModel(
                            net, new BoundaryScalings(.5, RANGE.sigmaMin()), TimeInput.OPENAI);
            graphed = new GraphedModel(model);
            long[] numbers = LongStream.range(0, n).toArray();
            images =
                    Noise.normal(
                            device,
                            0,
                            numbers,
                            0,
                            config.inChannels(),
                            config.imageSize(),
                            config.imageSize());
            long[] classes = new long[n];
            Arrays.setAll(classes, i -> config.classes() == 0 ? 0 : i % config.classes());
            labels =
                    config.classes() == 0
                            ? Optional.empty()
                            : Optional.of(Tensor.of(classes, n).to(device));
        }

        private static Recipe recipe(UNetConfig config, int batch) {
            var objective =
                    new ConsistencyTraining(
                            new FixedCurriculum(18), Weighting.UNIFORM, new L2(), RANGE);
            var phase = new Phase("ct", 1, objective, new FixedRate(.99), (_, _) -> 18);
            return new Recipe(
                    config,
                    new BoundaryScalings(.5, RANGE.sigmaMin()),
                    TimeInput.OPENAI,
                    new Phases(List.of(phase)),
                    new RunRate(new LearningRate.Constant(1e-5), 0),
                    OptimizerConfig.radam(),
                    Double.POSITIVE_INFINITY,
                    List.of(),
                    batch,
                    batch,
                    false);
        }

        /** The last of several repetitions waits for the device. */
        void run(String what, boolean last) {
            try (Scope _ = Scope.open()) {
                switch (what) {
                    case "forward" -> {
                        double[] sigma = new double[n];
                        Arrays.fill(sigma, 2);
                        Tensor out = model.denoise(images, sigma, labels);
                        if (last) {
                            out.sum().item();
                        }
                    }
                    case "step" -> {
                        var progress = new Progress(state.step(), STEPS, 0);
                        new TrainingStep(0).take(state, new Batch(images, labels, 0), progress);
                    }
                    case "sample1" -> sample(List.of(80.0));
                    case "sample2" -> sample(List.of(80.0, .8));
                    default -> throw new IllegalArgumentException("no work is called " + what);
                }
            }
        }

        private void sample(List<Double> sigmas) {
            SampleRequest request =
                    SampleRequest.of(
                                    PerImageNoise.range(0, 0, n).on(device),
                                    n,
                                    config.inChannels(),
                                    config.imageSize(),
                                    config.imageSize())
                            .withLabels(labels);
            MultistepSampler.atSigmas(sigmas, RANGE)
                    .sample(graphed, request)
                    .plus(1)
                    .times(127.5)
                    .clamp(0, 255)
                    .to(DType.U8)
                    .toBytes();
        }

        @Override
        public void close() {
            graphed.close();
            kept.close();
            state.close();
        }
    }
}
