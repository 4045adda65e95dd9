package dev.cm4j.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Memory that this process may still take, in bytes: what the system has available, and what every
 * control group above the process leaves of its limit. The kernel kills whoever passes either.
 *
 * <p>Source: Linux, {@code proc_meminfo(5)}; control groups version 1 and 2, memory controller.
 * Pages of files that a group has not touched lately are given back first, so they count as free.
 */
public final class MachineMemory {

    /** Of what is available, the share a run may plan with; the rest is for Java and others. */
    public static final double SAFE_SHARE = 0.8;

    private static final long KIB = 1024;
    private static final double MIB = 1 << 20;
    private static final double GIB = 1 << 30;

    private final Path root;

    MachineMemory(Path root) {
        this.root = root;
    }

    /** The machine this runs on. */
    public static MachineMemory here() {
        return new MachineMemory(Path.of("/"));
    }

    /** The bytes available, empty where the system does not tell. */
    public OptionalLong available() {
        OptionalLong machine = field(root.resolve("proc/meminfo"), "MemAvailable:");
        if (machine.isEmpty()) {
            return OptionalLong.empty();
        }
        long least = machine.getAsLong() * KIB;
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3); // number : controllers : path
            if (parts.length == 3 && parts[1].isEmpty()) {
                Path top = root.resolve("sys/fs/cgroup");
                least = Math.min(least, room(top, parts[2], "memory.max", "memory.current", ""));
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
                Path top = root.resolve("sys/fs/cgroup/memory");
                String limit = "memory.limit_in_bytes";
                String usage = "memory.usage_in_bytes";
                least = Math.min(least, room(top, parts[2], limit, usage, "total_"));
            }
        }
        return OptionalLong.of(least);
    }

    /** The safe share of what is available, empty where the system does not tell. */
    public OptionalLong safe() {
        OptionalLong all = available();
        return all.isPresent() ? OptionalLong.of((long) (SAFE_SHARE * all.getAsLong())) : all;
    }

    /**
     * Memory as one reads it.
     *
     * @param bytes not negative
     * @return such as {@code 12.5 MiB}
     */
    public static String words(long bytes) {
        return bytes < GIB
                ? String.format(Locale.ROOT, "%.1f MiB", bytes / MIB)
                : String.format(Locale.ROOT, "%.2f GiB", bytes / GIB);
    }

    /** What the tightest group on the way up to the top leaves; a container sees its own as top. */
    private static long room(Path top, String group, String limit, String usage, String prefix) {
        long least = Long.MAX_VALUE;
        Path below = top.resolve(group.substring(1)).normalize();
        for (Path at = below.startsWith(top) ? below : top; ; at = at.getParent()) {
            OptionalLong most = number(at.resolve(limit));
            OptionalLong used = number(at.resolve(usage));
            if (most.isPresent() && used.isPresent()) {
                long idle = field(at.resolve("memory.stat"), prefix + "inactive_file").orElse(0);
                least = Math.min(least, most.getAsLong() - used.getAsLong() + idle);
            }
            if (at.equals(top)) {
                return Math.max(0, least);
            }
        }
    }

    /** The number a file holds, empty where it says {@code max} or is not there. */
    private static OptionalLong number(Path file) {
        return lines(file).stream()
                .map(String::strip)
                .filter(line -> line.matches("\\d{1,18}"))
                .mapToLong(Long::parseLong)
                .findFirst();
    }

    private static OptionalLong field(Path file, String name) {
        return lines(file).stream()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length > 1 && words[0].equals(name))
                .mapToLong(words -> Long.parseLong(words[1]))
                .findFirst();
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of(); // another system, or not for us to read
        }
    }
}
