package dev.cm4j.cli;

import dev.cm4j.DigitsEvaluation;
import dev.cm4j.data.DataConfig;
import dev.cm4j.metric.FeatureNet;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Where the judge of digits and its reference lie. */
final class JudgeOptions {

    private static final Path WEIGHTS = FeatureNet.LENET.usualWeights().orElseThrow();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Folder of the MNIST files (default: mnist in CM4J_DATA or data).")
    private Optional<Path> data;

    @Option(
            names = "--classifier",
            paramLabel = "FILE",
            description = "LeNet-5 weights, a .pt file (default: looked for beside the data).")
    private Optional<Path> classifier;

    /**
     * Opens the judge.
     *
     * @throws ParameterException naming the option, if a file is not there
     */
    DigitsEvaluation open(CommandSpec spec) {
        return DigitsEvaluation.open(mnist(spec), weights(spec), DataConfig.defaults().cache());
    }

    /**
     * Folder of the MNIST files.
     *
     * @throws ParameterException naming the option, if it is not there
     */
    Path mnist(CommandSpec spec) {
        return there(spec, data.orElseGet(() -> inData(Path.of("mnist"))), "--data");
    }

    /**
     * Weights of the classifier.
     *
     * @throws ParameterException naming the option, if they are not there
     */
    Path weights(CommandSpec spec) {
        return there(spec, classifier.orElseGet(() -> inData(WEIGHTS)), "--classifier");
    }

    static Path inData(Path name) {
        List<Path> folders = DataConfig.defaults().folders();
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::exists)
                .findFirst()
                .orElse(
                        folders.isEmpty()
                                ? Path.of("data").resolve(name)
                                : folders.getFirst().resolve(name));
    }

    private static Path there(CommandSpec spec, Path path, String option) {
        if (!Files.exists(path)) {
            throw new ParameterException(
                    spec.commandLine(), path + " does not exist; set CM4J_DATA or give " + option);
        }
        return path;
    }
}
