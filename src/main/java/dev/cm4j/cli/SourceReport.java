package dev.cm4j.cli;

import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.convert.CheckpointSource;
import dev.cm4j.convert.NoiseFacts;
import dev.cm4j.tensor.DType;
import java.io.PrintWriter;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Prints what a checkpoint is. */
final class SourceReport {

    private SourceReport() {}

    static void print(PrintWriter out, CheckpointSource source) {
        row(out, "in", source.path() + ", " + source.kind());
        network(out, source);
    }

    /** The lines about the network and its noise levels. */
    static void network(PrintWriter out, CheckpointSource source) {
        row(out, "network", NetworkLine.of(source.network()));
        NoiseFacts noise = source.noise();
        row(out, "scalings", noise.scalings() + ", time scale " + noise.time().scale());
        row(
                out,
                "noise",
                "sigma %s to %s, rho %s%s"
                        .formatted(
                                noise.range().sigmaMin(),
                                noise.range().sigmaMax(),
                                noise.range().rho(),
                                noise.trainTimesteps().isPresent()
                                        ? ", "
                                                + noise.trainTimesteps().getAsInt()
                                                + " training levels"
                                        : ""));
    }

    /** Numbers in all tensors, by type. */
    static String parameters(Collection<TensorEntry> entries) {
        Map<DType, Long> counts = new TreeMap<>();
        for (TensorEntry entry : entries) {
            counts.merge(entry.dtype(), entry.elementCount(), Long::sum);
        }
        return counts.entrySet().stream()
                .map(e -> String.format(Locale.ROOT, "%,d %s", e.getValue(), e.getKey()))
                .collect(Collectors.joining(", "));
    }

    private static void row(PrintWriter out, String name, String value) {
        out.printf("%-12s %s%n", name, value);
    }
}
