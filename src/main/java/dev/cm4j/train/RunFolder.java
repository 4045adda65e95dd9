package dev.cm4j.train;

import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.tensor.Library;
import dev.cm4j.tensor.Threads;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;

/**
 * What a run's folder says about the run, so that it explains itself years later.
 *
 * <pre>
 *   config.yaml       the resolved configuration
 *   run.txt           command, seed, length, data, machine and versions
 *   metrics.csv       one row per few steps
 *   events/           the same for TensorBoard
 *   ckpt-STEP/        training checkpoints, {@code latest} naming the newest
 *   model.safetensors the finished model
 * </pre>
 */
public final class RunFolder {

    private RunFolder() {}

    /** The resolved configuration of the run in a folder. */
    public static Path configuration(Path run) {
        return run.resolve("config.yaml");
    }

    /** The table of a run. */
    public static Path metrics(Path run) {
        return run.resolve("metrics.csv");
    }

    /** The folder of TensorBoard events. */
    public static Path events(Path run) {
        return run.resolve("events");
    }

    /** The finished model. */
    public static Path model(Path run) {
        return run.resolve("model.safetensors");
    }

    /** Writes {@code config.yaml} and {@code run.txt}, the latter again with every resume. */
    static void describe(Run run, String datasetFingerprint, long firstStep) {
        write(configuration(run.folder()), run.configurationText());
        StringBuilder text = new StringBuilder();
        line(text, "command", String.join(" ", run.command()));
        line(text, "started", Instant.now().toString());
        line(text, "first step", Long.toString(firstStep));
        line(text, "preset", run.preset());
        line(text, "configuration sha256", run.configurationSha256());
        line(text, "length", run.budget().text());
        line(text, "seed", Long.toString(run.seed()));
        line(text, "data", datasetFingerprint);
        line(text, "precision", run.precision().name().toLowerCase(Locale.ROOT));
        line(text, "threads", Integer.toString(Threads.get()));
        line(text, "cm4j", Library.version());
        line(text, "libtorch", Library.torchVersion());
        line(text, "java", Runtime.version().toString());
        line(text, "system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        for (Map.Entry<String, String> fact : Library.info().entrySet()) {
            if (!fact.getKey().equals("threads")) {
                line(text, "native " + fact.getKey(), fact.getValue());
            }
        }
        write(run.folder().resolve("run.txt"), text.toString());
    }

    private static void line(StringBuilder text, String key, String value) {
        text.append(key).append(": ").append(value).append('\n');
    }

    private static void write(Path file, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(
                file,
                channel -> {
                    ByteBuffer rest = ByteBuffer.wrap(bytes);
                    while (rest.hasRemaining()) {
                        channel.write(rest);
                    }
                });
    }
}
