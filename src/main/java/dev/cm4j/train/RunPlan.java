package dev.cm4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.cm4j.checkpoint.AtomicFile;
import dev.cm4j.checkpoint.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What a run means to do before it has a checkpoint to say so: {@code plan.json} in its folder,
 * written while its teacher is still being trained.
 *
 * @param preset name of the preset
 * @param budget {@link Budget#text}
 * @param seed of the run
 */
public record RunPlan(String preset, String budget, long seed) {

    private static final String FILE = "plan.json";
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Writes plan and configuration into a run's folder. */
    public void write(Path run, String configurationText) {
        try {
            Files.createDirectories(run);
            RunFolder.write(RunFolder.configuration(run), configurationText);
            AtomicFile.write(
                    run.resolve(FILE),
                    JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the plan of " + run, e);
        }
    }

    /**
     * The plan in a run's folder.
     *
     * @return empty where there is none
     * @throws FormatException if it cannot be read
     */
    public static Optional<RunPlan> read(Path run) {
        Path file = run.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(JSON.readValue(file.toFile(), RunPlan.class));
        } catch (JsonProcessingException e) {
            throw new FormatException(file, e.getOriginalMessage(), "preset, budget and seed", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
