package dev.cm4j.train;

import dev.cm4j.tensor.Library;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The machine a run works on.
 *
 * <p>Source: Linux, {@code proc_cpuinfo(5)} and {@code proc_meminfo(5)}; another system tells only
 * what Java and the native library know.
 *
 * @param facts by name, in order: processor, cores, memory and what the native library found
 */
public record Hardware(Map<String, String> facts) {

    private static final double KIB_PER_GIB = 1 << 20;

    /** This machine. */
    public static Hardware here() {
        Map<String, String> facts = new LinkedHashMap<>();
        value(Path.of("/proc/cpuinfo"), "model name").ifPresent(v -> facts.put("processor", v));
        facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        value(Path.of("/proc/meminfo"), "MemTotal")
                .map(text -> text.replaceAll("\\D", ""))
                .map(kib ->
                        String.format(Locale.ROOT, "%.1f GiB", Long.parseLong(kib) / KIB_PER_GIB))
                .ifPresent(memory -> facts.put("memory", memory));
        Library.info()
                .forEach((name, value) -> {
                    if (!name.equals("threads")) {
                        facts.put("native " + name, value);
                    }
                });
        return new Hardware(facts);
    }

    private static Optional<String> value(Path file, String name) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty(); // another system, or not for us to read
        }
    }
}
