package dev.cm4j.cli;

import dev.cm4j.DigitsEvaluation;
import dev.cm4j.data.DataConfig;
import dev.cm4j.metric.LenetClassifier;
import dev.cm4j.preset.Preset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether and how a run is scored while it goes on. */
final class ScoreOptions {

    private static final int LEAST = 2;

    @Option(
            names = "--eval-every",
            paramLabel = "M",
            converter = Pace.Converter.class,
            description =
                    "Minutes between scores, or steps as 500steps; the best model is kept"
                            + " (default: no scores).")
    private Optional<Pace> every;

    @Option(
            names = "--eval-num",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Pictures of a score (default: ${DEFAULT-VALUE}).")
    private int count;

    @Option(
            names = "--classifier",
            paramLabel = "FILE",
            description = "LeNet-5 weights that judge, a .pt file (default: with the data).")
    private Optional<Path> classifier;

    @Option(
            names = "--keep-best",
            paramLabel = "N",
            defaultValue = "1",
            description = "Models of the best scores that stay (default: ${DEFAULT-VALUE}).")
    private int best;

    /** How often, empty where the run is not scored. */
    Optional<Pace> every() {
        return every;
    }

    /** Pictures of a score. */
    int count() {
        return count;
    }

    /** Models that stay. */
    int best() {
        return best;
    }

    /**
     * Opens the judge of a run that is to be scored.
     *
     * @param preset what is learnt
     * @param dataDir folder that holds the data sets, where it was named
     * @throws IllegalArgumentException if nothing can judge such pictures, or a file is missing
     */
    Optional<DigitsEvaluation> judge(Preset preset, Optional<Path> dataDir) {
        if (every.isEmpty()) {
            return Optional.empty();
        }
        if (count < LEAST || best < 1) {
            throw new IllegalArgumentException(
                    "a score takes --eval-num %d and --keep-best 1 at least, not %d and %d"
                            .formatted(LEAST, count, best));
        }
        requireDigits(preset);
        Path weights = classifier.orElseGet(() -> in(dataDir, JudgeOptions.WEIGHTS));
        Path mnist = in(dataDir, Path.of("mnist"));
        requireThere(weights, "--classifier");
        requireThere(mnist, "--data-dir");
        return Optional.of(DigitsEvaluation.open(mnist, weights, DataConfig.defaults().cache()));
    }

    private static void requireDigits(Preset preset) {
        var data = preset.data();
        int side = data.height();
        boolean fits = side == data.width() && side >= LenetClassifier.SIDE && side % 2 == 0;
        if (data.channels() != 1 || !fits) {
            throw new IllegalArgumentException(
                    "--eval-every judges grey digits of 28x28 pixels; preset %s makes %dx%dx%d"
                            .formatted(preset.name(), data.channels(), side, data.width()));
        }
    }

    private static Path in(Optional<Path> dataDir, Path name) {
        return dataDir.map(folder -> folder.resolve(name))
                .filter(Files::exists)
                .orElseGet(() -> JudgeOptions.inData(name));
    }

    private static void requireThere(Path path, String option) {
        if (!Files.exists(path)) {
            throw new IllegalArgumentException(
                    "--eval-every needs "
                            + path
                            + ", which does not exist; set CM4J_DATA or give "
                            + option);
        }
    }
}
