package dev.cm4j.cli;

import dev.cm4j.data.Dataset;
import dev.cm4j.data.NpzImages;
import dev.cm4j.metric.FeatureExtractor;
import dev.cm4j.metric.FeatureNet;
import dev.cm4j.metric.FeatureStatistics;
import dev.cm4j.metric.FrechetDistance;
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
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
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
 *   statistics A.f32 d           of features, row-major: mean and covariance; answers the trace
 *   distance A.f32 B.f32         of two files whose statistics are known
 *   open NET f32 WEIGHTS         a network of {@code evaluate --features}
 *   features NET f32 X.npz       mean feature of all pictures, through an opened network
 * </pre>
 */
@Command(
        name = "bench-metrics",
        hidden = true,
        description = "Time metrics on request, for tools/bench-metrics.")
final class MetricsBenchCommand implements Callable<Integer> {

    private static final int BATCH = 256; // as evaluate has it

    @Parameters(index = "0", paramLabel = "THREADS", description = "Threads of one operation.")
    private int threads;

    @Spec private CommandSpec spec;

    private final Map<String, FeatureStatistics> known = new HashMap<>();
    private final Map<String, FeatureExtractor> networks = new HashMap<>();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Threads.set(threads);
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            out.println("cm4j ready");
            out.flush();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                long start = System.nanoTime();
                double value = answer(line.split(" "));
                out.printf(Locale.ROOT, "%.3f %.9g%n", 1e-6 * (System.nanoTime() - start), value);
                out.flush();
            }
        } finally {
            networks.values().forEach(FeatureExtractor::close);
        }
        return Main.DONE;
    }

    private double answer(String[] words) throws IOException {
        return switch (words[0]) {
            case "statistics" -> {
                FeatureStatistics found = statistics(words[1], Integer.parseInt(words[2]));
                known.put(words[1], found);
                yield found.trace();
            }
            case "distance" -> FrechetDistance.between(known.get(words[1]), known.get(words[2]));
            case "open" -> {
                FeatureExtractor opened = open(words[1], words[2], Path.of(words[3]));
                networks.put(words[1] + words[2], opened);
                yield opened.features();
            }
            case "features" -> mean(words[3], networks.get(words[1] + words[2]));
            default -> throw new IllegalArgumentException("no work is called " + words[0]);
        };
    }

    private static FeatureExtractor open(String net, String precision, Path weights) {
        FeatureNet chosen = new FeatureNetConverter().convert(net);
        return chosen.open(weights, Precision.valueOf(precision.toUpperCase(Locale.ROOT)));
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
