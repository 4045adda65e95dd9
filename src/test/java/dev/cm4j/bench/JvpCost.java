package dev.cm4j.bench;

import dev.cm4j.nn.Precision;
import dev.cm4j.nn.UNet;
import dev.cm4j.nn.UNetConfig;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Gradients;
import dev.cm4j.tensor.Noise;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import dev.cm4j.tensor.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * What a derivative along a direction costs beside a forward pass, both in float32 and without
 * recording. Prints medians of rounds that take turns, and their ratio, in time on the processor of
 * one thread: other work on the machine then counts for little. Linux only.
 */
public final class JvpCost {

    private static final int ROUNDS = 5;

    private JvpCost() {}

    /**
     * Measures.
     *
     * @param args preset (mnist32, mnist32Tiny, test32 or cifar10Small), images
     */
    public static void main(String[] args) throws IOException {
        Threads.set(1);
        String preset = args.length > 0 ? args[0] : "mnist32";
        int images = args.length > 1 ? Integer.parseInt(args[1]) : 16;
        UNetConfig config =
                switch (preset) {
                    case "mnist32" -> UNetConfig.mnist32();
                    case "mnist32Tiny" -> UNetConfig.mnist32Tiny();
                    case "test32" -> UNetConfig.test32();
                    case "cifar10Small" -> UNetConfig.cifar10Small();
                    default -> throw new IllegalArgumentException("no network '" + preset + "'");
                };
        try (UNet net = UNet.create(config, 1);
                Scope _ = Scope.open()) {
            net.precision(Precision.F32);
            int size = config.imageSize();
            long[] rows = LongStream.range(0, images).toArray();
            Tensor x = Noise.normal(1, rows, 0, config.inChannels(), size, size);
            Tensor along = Noise.normal(1, rows, 1, config.inChannels(), size, size);
            Tensor t = Tensor.full(.7, DType.F32, images);
            Optional<Tensor> labels =
                    config.classes() == 0
                            ? Optional.empty()
                            : Optional.of(Tensor.zeros(DType.I64, images));
            double[] forward = new double[ROUNDS];
            double[] jvp = new double[ROUNDS];
            double[] training = new double[ROUNDS];
            for (int round = -1; round < ROUNDS; round++) { // the first warms up
                int at = Math.max(0, round);
                forward[at] = seconds(() -> net.forward(x, t, labels));
                jvp[at] = seconds(() -> net.jvp(x, t, labels, 0, along, t));
                training[at] =
                        seconds(() -> {
                            try (var _ = Gradients.enabled()) {
                                net.forward(x, t, labels).square().mean().backward();
                            }
                        });
            }
            System.out.printf(
                    "%s, %d images: forward %.1f ms, derivative %.1f ms, ratio %.2f;"
                            + " forward and backward %.1f ms%n",
                    preset,
                    images,
                    1e3 * median(forward),
                    1e3 * median(jvp),
                    median(jvp) / median(forward),
                    1e3 * median(training));
        }
    }

    private static double seconds(Runnable work) throws IOException {
        long start = nanoseconds();
        try (var _ = Scope.open()) {
            work.run();
        }
        return 1e-9 * (nanoseconds() - start);
    }

    /** This thread's time on the processor. */
    private static long nanoseconds() throws IOException {
        String line = Files.readString(Path.of("/proc/thread-self/schedstat"));
        return Long.parseLong(line.substring(0, line.indexOf(' ')));
    }

    private static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
