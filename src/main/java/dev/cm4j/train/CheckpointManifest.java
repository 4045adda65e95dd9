package dev.cm4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cm4j.checkpoint.FileDigest;
import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code state.json}: everything about a training checkpoint that is not a tensor.
 *
 * <p>All randomness of a run derives from (seed, step), so weights, averages, moments and these
 * counters are the whole state.
 *
 * @param format version of this layout, 1
 * @param cm4j version that wrote it
 * @param libtorch release of LibTorch
 * @param java version of the Java runtime
 * @param preset name of the preset
 * @param configuration the resolved configuration, {@code key.path} to value
 * @param configurationSha256 hash of the configuration
 * @param budget what the run was planned for
 * @param step k, optimiser steps taken
 * @param imagesSeen images trained on
 * @param seconds training time
 * @param skippedSteps steps left out because something was not finite
 * @param phase index of the phase of the recipe
 * @param scales N(k), or the stage
 * @param stage of a chain of teachers
 * @param targetRate μ(k)
 * @param learningRate rate of the last step
 * @param loss loss of the last step
 * @param seed seed of the run
 * @param batchSize images of a step
 * @param datasetFingerprint identity of the data
 * @param averages labels of the evaluation averages, in order
 * @param files every other file of the checkpoint
 */
public record CheckpointManifest(
        int format,
        String cm4j,
        String libtorch,
        String java,
        String preset,
        Map<String, String> configuration,
        String configurationSha256,
        String budget,
        long step,
        long imagesSeen,
        double seconds,
        long skippedSteps,
        int phase,
        int scales,
        TrainState.Stage stage,
        double targetRate,
        double learningRate,
        double loss,
        long seed,
        int batchSize,
        String datasetFingerprint,
        List<String> averages,
        SortedMap<String, FileMark> files) {

    /** Name of the file. */
    public static final String FILE = "state.json";

    /** The layout written by this version. */
    public static final int FORMAT = 1;

    private static final List<String> NEEDED =
            List.of(TrainingCheckpoint.MODEL, TrainingCheckpoint.OPTIMIZER);
    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .build();

    /**
     * A file and how to recognise it.
     *
     * @param bytes its size
     * @param sha256 its hash, 64 hexadecimal digits
     */
    public record FileMark(long bytes, String sha256) {

        static FileMark of(Path file) {
            try {
                return new FileMark(Files.size(file), FileDigest.sha256(file));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + file, e);
            }
        }
    }

    public CheckpointManifest {
        Objects.requireNonNull(cm4j, "cm4j is null");
        Objects.requireNonNull(libtorch, "libtorch is null");
        Objects.requireNonNull(java, "java is null");
        Objects.requireNonNull(preset, "preset is null");
        configuration.forEach((key, value) -> Objects.requireNonNull(value, key + " is null"));
        Objects.requireNonNull(configurationSha256, "configuration_sha256 is null");
        Objects.requireNonNull(budget, "budget is null");
        Objects.requireNonNull(stage, "stage is null");
        Objects.requireNonNull(datasetFingerprint, "dataset_fingerprint is null");
        files.forEach((name, mark) -> Objects.requireNonNull(mark, name + " is null"));
        configuration = Collections.unmodifiableMap(new TreeMap<>(configuration));
        averages = List.copyOf(averages);
        files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    }

    /** The same manifest with the marks of these files. */
    CheckpointManifest withFiles(SortedMap<String, FileMark> marks) {
        return new CheckpointManifest(
                format,
                cm4j,
                libtorch,
                java,
                preset,
                configuration,
                configurationSha256,
                budget,
                step,
                imagesSeen,
                seconds,
                skippedSteps,
                phase,
                scales,
                stage,
                targetRate,
                learningRate,
                loss,
                seed,
                batchSize,
                datasetFingerprint,
                averages,
                marks);
    }

    void write(Path folder) {
        try {
            MAPPER.writeValue(folder.resolve(FILE).toFile(), this);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + folder.resolve(FILE), e);
        }
    }

    /**
     * Reads a checkpoint's manifest without looking at its other files.
     *
     * @throws FormatException if it is missing, torn or of another format
     */
    public static CheckpointManifest read(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            CheckpointManifest found = MAPPER.readValue(file.toFile(), CheckpointManifest.class);
            if (found == null) { // the JSON word null
                throw new FormatException(file, "null", "a complete state.json");
            }
            if (found.format != FORMAT) {
                throw new FormatException(file, "format " + found.format, "format " + FORMAT);
            }
            return found;
        } catch (JsonProcessingException e) {
            throw new FormatException(file, e.getOriginalMessage(), "a complete state.json");
        } catch (IOException e) {
            throw new FormatException(file, "no readable file", "a complete state.json");
        }
    }

    /**
     * Compares every file with its mark.
     *
     * @throws FormatException naming the first file that is missing or torn, or that no training
     *     can go on without and the manifest does not name
     */
    public void verify(Path folder) {
        for (String needed : NEEDED) {
            if (!files.containsKey(needed)) {
                throw new FormatException(
                        folder.resolve(FILE),
                        "no " + needed + " among its files",
                        "each of " + NEEDED);
            }
        }
        files.forEach((name, mark) -> {
            Path file = place(folder, name);
            if (!Files.isRegularFile(file)) {
                throw new FormatException(file, "no file", mark.bytes + " bytes");
            }
            FileMark found = FileMark.of(file);
            if (!found.equals(mark)) {
                throw new FormatException(
                        file,
                        found.bytes + " bytes, sha256 " + found.sha256,
                        mark.bytes + " bytes, sha256 " + mark.sha256);
            }
        });
    }

    private static Path place(Path folder, String name) {
        try {
            return folder.resolve(name);
        } catch (InvalidPathException e) {
            throw new FormatException(
                    folder.resolve(FILE), "a file called '" + name + "'", "names of files", e);
        }
    }
}
