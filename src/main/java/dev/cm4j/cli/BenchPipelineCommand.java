package dev.cm4j.cli;

import dev.cm4j.ConsistencyPipeline;
import dev.cm4j.Request;
import dev.cm4j.nn.Precision;
import dev.cm4j.tensor.Library;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Our side of {@code tools/bench-checkpoints}: opens a checkpoint, makes a picture in one step,
 * then a batch of them, opens it again, and prints the milliseconds of each and the most memory the
 * process had.
 */
@Command(
        name = "bench-pipeline",
        hidden = true,
        description = "Time a checkpoint from file to pictures, for tools/bench-checkpoints.")
final class BenchPipelineCommand implements Callable<Integer> {

    @Parameters(index = "0", paramLabel = "CHECKPOINT", description = "File or folder.")
    private Path checkpoint;

    @Parameters(index = "1", paramLabel = "N", description = "Pictures of the batch.")
    private int count;

    @Option(names = "--precision", paramLabel = "P", required = true, description = "f32 or bf16.")
    private Precision precision;

    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Library.version(); // loaded before the clock starts, as the peer imports its own
        long start = System.nanoTime();
        long opened;
        long first;
        long many;
        try (ConsistencyPipeline pipeline = open()) {
            opened = System.nanoTime();
            pipeline.generate(Request.of(1).withNumInferenceSteps(1));
            first = System.nanoTime();
            pipeline.generate(Request.of(count).withNumInferenceSteps(1).withBatch(count));
            many = System.nanoTime();
        }
        long peak = peakKilobytes();
        long closed = System.nanoTime();
        long again;
        try (ConsistencyPipeline _ = open()) {
            again = System.nanoTime();
        }
        PrintWriter out = spec.commandLine().getOut();
        out.printf(
                Locale.ROOT,
                "%.0f %.0f %.0f %d %.0f%n",
                1e-6 * (opened - start),
                1e-6 * (first - opened),
                1e-6 * (many - first),
                peak,
                1e-6 * (again - closed));
        out.flush();
        return Main.DONE;
    }

    private ConsistencyPipeline open() {
        return ConsistencyPipeline.open(checkpoint, precision);
    }

    private static long peakKilobytes() throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(line -> line.startsWith("VmHWM"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        }
    }
}
