package dev.cm4j.train;

import dev.cm4j.checkpoint.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a run's folder says about the run, so that it explains itself years later.
 *
 * <pre>
 *   config.yaml       the resolved configuration
 *   plan.json         preset, length and seed, where a teacher was trained first
 *   teacher.json      path and hash of the teacher, where there is one
 *   run.json          configuration, seed, length, data, and of each session command and machine
 *   run.txt           the same of the newest session, to read
 *   README.md         what the files are
 *   report.html       the run on one page
 *   metrics.csv       one row per few steps
 *   scores.csv        one row per evaluation, where the run is scored
 *   samples/          the same noise drawn as the run goes on
 *   events/           the same for TensorBoard
 *   ckpt-STEP/        training checkpoints, {@code latest} naming the newest
 *   model.safetensors the finished model
 *   best.safetensors  the model of the best score, where the run is scored
 * </pre>
 */
public final class RunFolder {

    /** Place of the score that counts among the columns of {@link #scores}. */
    public static final int SCORE = 3;

    private static final String FACTS = "run.txt";
    private static final Pattern BEST =
            Pattern.compile("best(?:-([1-9][0-9]{0,5}))?\\.safetensors");

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

    /** What the run says about itself, for programs. */
    public static Path description(Path run) {
        return run.resolve("run.json");
    }

    /** The table of scores. */
    public static Path scores(Path run) {
        return run.resolve("scores.csv");
    }

    /** The folder of previews, {@code step-STEP.png}. */
    public static Path samples(Path run) {
        return run.resolve("samples");
    }

    /** The page that shows the run. */
    public static Path report(Path run) {
        return run.resolve("report.html");
    }

    /**
     * One of the best models by score.
     *
     * @param rank from 1
     */
    public static Path best(Path run, int rank) {
        return run.resolve(rank == 1 ? "best.safetensors" : "best-" + rank + ".safetensors");
    }

    /** The rank in the name of a file that {@link #best} names; 0 for any other. */
    public static int rank(Path file) {
        Matcher name = BEST.matcher(file.getFileName().toString());
        if (!name.matches()) {
            return 0;
        }
        return name.group(1) == null ? 1 : Integer.parseInt(name.group(1));
    }

    /** What {@code run.txt} says, in its order; nothing where it is absent. */
    public static Map<String, String> facts(Path run) {
        Path file = run.resolve(FACTS);
        Map<String, String> facts = new LinkedHashMap<>();
        if (!Files.exists(file)) {
            return facts;
        }
        try {
            for (String line : Files.readAllLines(file)) {
                int colon = line.indexOf(": ");
                if (colon > 0) {
                    facts.put(line.substring(0, colon), line.substring(colon + 2));
                }
            }
            return facts;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /** Writes what the folder says about the run; a resume adds its session to what is there. */
    static void describe(Run run, String datasetFingerprint, long firstStep) {
        Path folder = run.folder();
        RunDescription description =
                RunDescription.now(
                        run, datasetFingerprint, firstStep, RunDescription.sessions(folder));
        write(configuration(folder), run.configurationText());
        write(description(folder), description.json());
        StringBuilder text = new StringBuilder();
        description.facts().forEach((key, value) -> line(text, key, value));
        write(folder.resolve(FACTS), text.toString());
        write(folder.resolve("README.md"), readme(run, datasetFingerprint));
    }

    private static String readme(Run run, String datasetFingerprint) {
        return """
        # A run of cm4j

        Preset %s for %s, seed %s, data %s:

            %s

        | file | holds |
        |---|---|
        | `report.html` | the run on one page: curves, pictures, configuration, machine |
        | `model.safetensors` | the model; `cm4j sample model.safetensors` draws with it |
        | `best.safetensors` | the model of the best score, where the run was scored |
        | `samples/` | the same noise drawn as the run went on; `samples.png` is the newest |
        | `metrics.csv`, `events/` | losses, rates and speed as a table and for TensorBoard |
        | `scores.csv` | a row per evaluation, where the run was scored |
        | `run.json`, `run.txt` | command, seed, data, machine and versions |
        | `config.yaml` | the whole configuration |
        | `ckpt-*`, `latest` | checkpoints to go on from: `cm4j train --resume --out FOLDER` |
        """
                .formatted(
                        run.preset(),
                        run.budget().text(),
                        Long.toString(run.seed()),
                        datasetFingerprint,
                        ShellWords.line(run.command()));
    }

    private static void line(StringBuilder text, String key, String value) {
        text.append(key).append(": ").append(value).append('\n');
    }

    /** Writes or replaces a text, whole or not at all. */
    static void write(Path file, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, bytes);
    }
}
