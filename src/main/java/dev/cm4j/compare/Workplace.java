package dev.cm4j.compare;

import dev.cm4j.OpenOptions;
import dev.cm4j.data.DataConfig;
import dev.cm4j.nn.Precision;
import dev.cm4j.sample.Sampler;
import dev.cm4j.tensor.Device;
import dev.cm4j.train.StepListener;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Where a comparison works and to whom it talks.
 *
 * @param folder receives everything; a comparison goes on with what it finds there
 * @param data where data sets are looked for
 * @param device where networks compute
 * @param precision of networks, in training and sampling
 * @param batch pictures sampled at a time
 * @param words says of a sampler how pictures are made
 * @param sentences says in one line what an exception means
 * @param notices is told what has been done, a line each
 * @param lessons gives a listener for each training
 */
public record Workplace(
        Path folder,
        DataConfig data,
        Device device,
        Precision precision,
        int batch,
        Function<Sampler, String> words,
        Function<Throwable, String> sentences,
        Consumer<String> notices,
        Supplier<StepListener> lessons) {

    private static final Set<String> NAMED = Set.of("digits", "mnist", "fashion-mnist", "cifar10");

    /**
     * @throws IllegalArgumentException if the batch is empty
     */
    public Workplace {
        if (batch < 1) {
            throw new IllegalArgumentException("a batch is 1 picture or more, not " + batch);
        }
    }

    /** How models and teachers are opened. */
    OpenOptions options() {
        return OpenOptions.standard().withDevice(device).withDtype(precision.dtype());
    }

    /**
     * A data set or file by its name: a relative path that is not here is one in a data folder.
     *
     * @return the name itself, or the path
     */
    String place(String name) {
        return NAMED.contains(name) ? name : path(Path.of(name)).toString();
    }

    private Path path(Path name) {
        if (Files.exists(name)) {
            return name;
        }
        return inData(name).orElse(name);
    }

    /** A path below the data folders, where it is there. */
    Optional<Path> inData(Path name) {
        return data.folders().stream()
                .map(folder -> folder.resolve(name))
                .filter(Files::exists)
                .findFirst();
    }
}
