package dev.cm4j.cli;

import dev.cm4j.loss.ConsistencyTraining;
import dev.cm4j.loss.L2;
import dev.cm4j.model.ConsistencyModel;
import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.optim.Ema;
import dev.cm4j.optim.Optimizer;
import dev.cm4j.optim.OptimizerConfig;
import dev.cm4j.sample.MultistepSampler;
import dev.cm4j.sample.PerImageNoise;
import dev.cm4j.sample.SampleRequest;
import dev.cm4j.schedule.BoundaryScalings;
import dev.cm4j.schedule.FixedCurriculum;
import dev.cm4j.schedule.NoiseRange;
import dev.cm4j.schedule.TimeInput;
import dev.cm4j.schedule.Weighting;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.tensor.Threads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Our side of {@code tools/bench}: answers each line {@code <net> <what> <batch> <mode>} of
 * standard input with the milliseconds that the work took. Modes: fast, with the best precision of
 * this machine; f32; and plain.
 */
@Command(
        name = "bench-worker",
        hidden = true,
        description = "Time work on request, for tools/bench.")
final class BenchWorkerCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "THREADS", description = "Threads of one operation.")
    private int threads;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Threads.set(threads);
        Map<String, Work> works = new HashMap<>();
        out.println("cm4j ready");
        out.flush();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                Work work =
                        works.computeIfAbsent(
                                words[0] + " " + words[3], _ -> new Work(words[0], words[3]));
                long start = System.nanoTime();
                work.run(words[1], Integer.parseInt(words[2]));
                out.printf(Locale.ROOT, "%.3f%n", 1e-6 * (System.nanoTime() - start));
                out.flush();
            }
        } finally {
            works.values().forEach(Work::close);
        }
        return Main.DONE;
    }

    /** A network with its target and optimiser. */
    private static final class Work implements AutoCloseable {

        private static final NoiseRange RANGE = NoiseRange.STANDARD;

        private final UNet net;
        private final UNet target;
        private final Optimizer optimizer;
        private final ConsistencyTraining training =
                new ConsistencyTraining(
                        new FixedCurriculum(18), Weighting.UNIFORM, new L2(), RANGE);

        Work(String name, String mode) {
            net = UNet.create(config(name), 0);
            net.precision(mode.equals("fast") ? Precision.best() : Precision.F32);
            net.plain(mode.equals("plain"));
            target = net.copy();
            try (Scope _ = Scope.open()) {
                optimizer = Optimizer.create(OptimizerConfig.radam(), net.weights().elementCount());
            }
        }

        private static UNetConfig config(String name) {
            return switch (name) {
                case "mnist32" -> UNetConfig.mnist32().withClasses(10);
                case "cifar10-small" -> UNetConfig.cifar10Small();
                case "imagenet64-reduced" ->
                        UNetConfig.imagenet64().toBuilder().modelChannels(64).resBlocks(2).build();
                default -> throw new IllegalArgumentException("no network is called " + name);
            };
        }

        void run(String what, int n) {
            try (Scope _ = Scope.open()) {
                switch (what) {
                    case "forward" ->
                            model(target).denoise(noise(n), filled(n, 2), labels(n)).isContiguous();
                    case "step" -> step(n);
                    case "sample1" -> sample(n, List.of(80.0));
                    case "sample2" -> sample(n, List.of(80.0, 0.8));
                    default -> throw new IllegalArgumentException("no work is called " + what);
                }
            }
        }

        private void step(int n) {
            int[] indices = new int[n];
            Arrays.setAll(indices, i -> i % 17);
            net.zeroGradients();
            training.atIndices(
                            noise(n),
                            noise(n),
                            indices,
                            18,
                            labels(n),
                            model(net),
                            model(target),
                            0)
                    .loss()
                    .backward();
            optimizer.step(net.weights(), net.gradients(), 1e-5, 1, List.of());
            Ema.update(target.weights(), net.weights(), 0.99);
        }

        private void sample(int n, List<Double> sigmas) {
            UNetConfig c = net.config();
            SampleRequest request =
                    SampleRequest.of(
                                    PerImageNoise.range(0, 0, n),
                                    n,
                                    c.inChannels(),
                                    c.imageSize(),
                                    c.imageSize())
                            .withLabels(labels(n));
            MultistepSampler.atSigmas(sigmas, RANGE)
                    .sample(model(target), request)
                    .plus(1)
                    .times(127.5)
                    .clamp(0, 255)
                    .to(DType.U8)
                    .toBytes();
        }

        private static ConsistencyModel model(UNet net) {
            return new ConsistencyModel(
                    net, new BoundaryScalings(0.5, RANGE.sigmaMin()), TimeInput.OPENAI);
        }

        private Tensor noise(int n) {
            UNetConfig c = net.config();
            long[] images = LongStream.range(0, n).toArray();
            return Noise.normal(0, images, 0, c.inChannels(), c.imageSize(), c.imageSize());
        }

        private Optional<Tensor> labels(int n) {
            long[] labels = new long[n];
            int classes = net.config().classes();
            Arrays.setAll(labels, i -> classes == 0 ? 0 : i % classes);
            return classes == 0 ? Optional.empty() : Optional.of(Tensor.of(labels, n));
        }

        private static double[] filled(int n, double sigma) {
            double[] sigmas = new double[n];
            Arrays.fill(sigmas, sigma);
            return sigmas;
        }

        @Override
        public void close() {
            optimizer.close();
            target.close();
            net.close();
        }
    }
}
