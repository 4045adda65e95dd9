package dev.cm4j.cli;

import dev.cm4j.train.RunFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** Which run or model is meant where none is named: the newest. */
final class RunChoice {

    /** Where runs without a name of their own go. */
    static final Path RUNS = Path.of("runs");

    private static final Path USUAL_MODEL = Path.of("models", "digits.safetensors");

    private RunChoice() {}

    /** The folder of the run that wrote last. */
    static Optional<Path> newestRun() {
        return newest(RunFolder::configuration);
    }

    /** The model that comes with the project, else the newest run's. */
    static Path model() {
        if (Files.exists(USUAL_MODEL)) {
            return USUAL_MODEL;
        }
        return newest(RunFolder::model)
                .map(RunFolder::model)
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "there is neither "
                                        + USUAL_MODEL
                                        + " nor a finished run in "
                                        + RUNS
                                        + ", looked for in "
                                        + Path.of("").toAbsolutePath()
                                        + "; name a model, or train one: cm4j train"));
    }

    private static Optional<Path> newest(Function<Path, Path> file) {
        if (!Files.isDirectory(RUNS)) {
            return Optional.empty();
        }
        try (Stream<Path> runs = Files.list(RUNS)) {
            return runs.filter(run -> Files.exists(file.apply(run)))
                    .max(Comparator.comparing(run -> written(file.apply(run))));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + RUNS, e);
        }
    }

    private static FileTime written(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
