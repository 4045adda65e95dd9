package dev.cm4j.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Energy of the processor packages and their memory, as the kernel counts it.
 *
 * <pre>
 *   intel-rapl:N/energy_uj             microjoules, back to 0 past max_energy_range_uj
 *   intel-rapl:N/name                  package-N, or psys: the whole machine, left out
 *   intel-rapl:N:M/name                dram: counted too, where it is a zone of its own
 * </pre>
 *
 * <p>Where a counter goes away the total is not known any more. Counters run over within minutes of
 * full load, so they are read every few seconds. Source: Linux,
 * Documentation/power/powercap/powercap.rst.
 */
final class RaplMeter implements EnergyMeter {

    /** Where Linux shows power zones. */
    static final Path FOLDER = Path.of("/sys/class/powercap");

    private static final int READ_EVERY_SECONDS = 10;
    private static final double MICRO = 1e-6;

    private final List<Zone> zones;
    private final long[] last;
    private final ScheduledExecutorService clock;
    private final ScheduledFuture<?> reading;
    private double joules;

    /**
     * A counter.
     *
     * @param name such as {@code package-0}
     * @param folder holds its files
     * @param range the counter's largest value, in microjoules
     */
    record Zone(String name, Path folder, long range) {

        OptionalLong read() {
            return number(folder.resolve("energy_uj"));
        }
    }

    /**
     * @param zones which can be read, at least one
     */
    RaplMeter(List<Zone> zones) {
        this.zones = List.copyOf(zones);
        last = zones.stream().mapToLong(zone -> zone.read().orElseThrow()).toArray();
        clock =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("cm4j-energy").factory());
        reading =
                clock.scheduleAtFixedRate(
                        this::read, READ_EVERY_SECONDS, READ_EVERY_SECONDS, TimeUnit.SECONDS);
    }

    /** The counters this process may read; none where there is no such folder. */
    static List<Zone> zones(Path powercap) {
        List<Path> folders;
        try (Stream<Path> listed = Files.list(powercap)) {
            folders =
                    listed.filter(p ->
                                    p.getFileName().toString().matches("intel-rapl:\\d+(:\\d+)?"))
                            .sorted()
                            .toList();
        } catch (IOException e) {
            return List.of(); // another system, or a container without it
        }
        List<Zone> zones = new ArrayList<>();
        for (Path folder : folders) {
            String name = text(folder.resolve("name"));
            OptionalLong range = number(folder.resolve("max_energy_range_uj"));
            boolean counts = name.startsWith("package") || name.equals("dram");
            if (counts && range.isPresent() && number(folder.resolve("energy_uj")).isPresent()) {
                zones.add(new Zone(name, folder, range.getAsLong()));
            }
        }
        return zones;
    }

    private synchronized void read() {
        for (int i = 0; i < last.length; i++) {
            OptionalLong now = zones.get(i).read();
            if (now.isEmpty()) {
                joules = Double.NaN; // what it counts from now on nobody knows
                return;
            }
            long passed = now.getAsLong() - last[i];
            joules += MICRO * (passed < 0 ? passed + zones.get(i).range() : passed);
            last[i] = now.getAsLong();
        }
    }

    @Override
    public synchronized double total() {
        read();
        return joules;
    }

    @Override
    public Unit unit() {
        return Unit.JOULES;
    }

    @Override
    public String source() {
        return "RAPL, " + zones.stream().map(Zone::name).collect(Collectors.joining(" and "));
    }

    @Override
    public void close() {
        reading.cancel(false);
        clock.close();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static OptionalLong number(Path file) {
        String text = text(file);
        return text.matches("\\d{1,18}")
                ? OptionalLong.of(Long.parseLong(text))
                : OptionalLong.empty();
    }
}
