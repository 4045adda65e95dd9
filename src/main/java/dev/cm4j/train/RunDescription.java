package dev.cm4j.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.tensor.Library;
import dev.cm4j.tensor.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code run.json}: what one must know to repeat a run or to compare with it.
 *
 * @param format version of this layout, 1
 * @param preset name of the preset
 * @param configuration the resolved configuration, {@code key.path} to value
 * @param configurationSha256 its hash
 * @param seed decides first weights, order of the data, noise and dropout
 * @param length what the run is planned for
 * @param precision arithmetic of the networks
 * @param data fingerprint of the data
 * @param sessions the command that began the run and each that went on with it
 */
public record RunDescription(
        int format,
        String preset,
        Map<String, String> configuration,
        String configurationSha256,
        long seed,
        String length,
        String precision,
        String data,
        List<Session> sessions) {

    /** The layout written by this version. */
    public static final int FORMAT = 1;

    private static final ObjectMapper MAPPER =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .build();

    /**
     * One process that worked on a run.
     *
     * @param command its words
     * @param started date and time, ISO 8601, UTC
     * @param firstStep k, steps taken before
     * @param threads processor threads
     * @param versions of cm4j, LibTorch, Java and the system
     * @param hardware processor, cores, memory and what the native library found
     */
    public record Session(
            List<String> command,
            String started,
            long firstStep,
            int threads,
            Map<String, String> versions,
            Map<String, String> hardware) {}

    /**
     * The description of a run that begins or goes on now, on this machine.
     *
     * @param run the run
     * @param dataFingerprint identity of its data
     * @param firstStep k, steps taken before
     * @param before sessions there were
     */
    static RunDescription now(
            Run run, String dataFingerprint, long firstStep, List<Session> before) {
        List<Session> sessions = new ArrayList<>(before);
        sessions.add(
                new Session(
                        run.command(),
                        Instant.now().toString(),
                        firstStep,
                        Threads.get(),
                        versions(),
                        Hardware.here().facts()));
        return new RunDescription(
                FORMAT,
                run.preset(),
                new TreeMap<>(run.configuration()),
                run.configurationSha256(),
                run.seed(),
                run.budget().text(),
                run.precision().name().toLowerCase(Locale.ROOT),
                dataFingerprint,
                List.copyOf(sessions));
    }

    private static Map<String, String> versions() {
        Map<String, String> versions = new LinkedHashMap<>();
        versions.put("cm4j", Library.version());
        versions.put("libtorch", Library.torchVersion());
        versions.put("java", Runtime.version().toString());
        versions.put(
                "system",
                String.join(
                        " ",
                        System.getProperty("os.name"),
                        System.getProperty("os.version"),
                        System.getProperty("os.arch")));
        return versions;
    }

    /**
     * Reads a run's description.
     *
     * @param run the run's folder
     * @throws FormatException if there is none, or it is torn or of another format
     */
    public static RunDescription read(Path run) {
        Path file = RunFolder.description(run);
        try {
            RunDescription found = MAPPER.readValue(file.toFile(), RunDescription.class);
            if (found.format != FORMAT) {
                throw new FormatException(file, "format " + found.format, "format " + FORMAT);
            }
            return found;
        } catch (JsonProcessingException e) {
            throw new FormatException(file, e.getOriginalMessage(), "a complete run.json", e);
        } catch (IOException e) {
            throw new FormatException(file, "no readable file", "a complete run.json", e);
        }
    }

    /** The sessions of a run so far, none where it does not say. */
    static List<Session> sessions(Path run) {
        return Files.exists(RunFolder.description(run)) ? read(run).sessions() : List.of();
    }

    String json() {
        try {
            return MAPPER.writeValueAsString(this) + "\n";
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write a run's description as JSON", e);
        }
    }

    /** The same as lines {@code name: value}, of the newest session. */
    Map<String, String> facts() {
        Session newest = sessions.getLast();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("command", ShellWords.line(newest.command()));
        facts.put("started", newest.started());
        facts.put("first step", Long.toString(newest.firstStep()));
        facts.put("sessions", Integer.toString(sessions.size()));
        facts.put("preset", preset);
        facts.put("configuration sha256", configurationSha256);
        facts.put("length", length);
        facts.put("seed", Long.toString(seed));
        facts.put("data", data);
        for (String key : List.of(TeacherMark.PATH_KEY, TeacherMark.HASH_KEY)) {
            if (configuration.containsKey(key)) {
                facts.put(key.replace('.', ' '), configuration.get(key));
            }
        }
        facts.put("precision", precision);
        facts.put("threads", Integer.toString(newest.threads()));
        facts.putAll(newest.versions());
        facts.putAll(newest.hardware());
        return facts;
    }
}
