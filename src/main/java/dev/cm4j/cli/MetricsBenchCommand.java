package dev.cm4j.cli;

import dev.cm4j.data.Dataset;
import dev.cm4j.data.NpzImages;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.FeatureStatistics;
import dev.cm4j.metric.FrechetDistance;
import dev.cm4j.metric.InceptionExtractor;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Threads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Our side of {@code tools/bench-metrics}: answers each line of standard input with the
 * milliseconds that the work took, and a number to compare.
 *
 * <pre>
 *   frechet A.f32 B.f32 d        features, row-major: covariances, and the distance
 *   inception PICTURES.npz f32   mean feature of all pictures, weights as given at the start
 * </pre>
 */
@Command(
        name = "bench-metrics",
        hidden = true,
        description = "Time metrics on request, for tools/bench-metrics.")
final class MetricsBenchCommand implements Callable<Integer> {

    private static final int BATCH = 16;

    @Parameters(index = "0", paramLabel = "THREADS", description = "Threads of one operation.")
    private int threads;

    @Parameters(index = "1", paramLabel = "WEIGHTS", description = "Weights of Inception.")
    private Path weights;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Threads.set(threads);
        try (FeatureExtractor plain = InceptionExtractor.open(weights, Precision.F32);
                FeatureExtractor rough = InceptionExtractor.open(weights, Precision.BF16);
                BufferedReader lines =
                        new BufferedReader(
                                new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            out.println("cm4j ready");
            out.flush();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                long start = System.nanoTime();
                double value =
                        words[0].equals("frechet")
                                ? frechet(words[1], words[2], Integer.parseInt(words[3]))
                                : mean(words[1], words[2].equals("f32") ? plain : rough);
                out.printf(Locale.ROOT, "%.3f %.9g%n", 1e-6 * (System.nanoTime() - start), value);
                out.flush();
            }
        }
        return Main.DONE;
    }

    private static double frechet(String first, String second, int dimension) throws IOException {
        return FrechetDistance.between(statistics(first, dimension), statistics(second, dimension));
    }

    private static FeatureStatistics statistics(String file, int dimension) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(Path.of(file)));
        float[] features = new float[bytes.capacity() / Float.BYTES];
        bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(features);
        var accumulator = new FeatureStatistics.Accumulator(dimension);
        accumulator.add(features);
        return accumulator.statistics();
    }

    private static double mean(String file, FeatureExtractor extractor) {
        double sum = 0;
        long count = 0;
        try (Dataset pictures = NpzImages.open(Path.of(file))) {
            for (int first = 0; first < pictures.size(); first += BATCH) {
                int last = Math.min(first + BATCH, pictures.size());
                try (var _ = Scope.open()) {
                    int[] rows = IntStream.range(first, last).toArray();
                    for (float feature : extractor.read(pictures.pixels(rows)).features()) {
                        sum += feature;
                        count++;
                    }
                }
            }
        }
        return sum / count;
    }
}
