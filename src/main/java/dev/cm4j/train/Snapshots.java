package dev.cm4j.train;

import dev.cm4j.checkpoint.FormatException;
import dev.cm4j.checkpoint.SafetensorsFile;
import dev.cm4j.checkpoint.TensorEntry;
import dev.cm4j.nn.UNet;
import dev.cm4j.schedule.EmaRate;
import dev.cm4j.schedule.PostHocAverage.Profile;
import dev.cm4j.tensor.DType;
import dev.cm4j.tensor.Device;
import dev.cm4j.tensor.Scope;
import dev.cm4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder {@code snapshots} of a run: {@code LABEL-STEP.safetensors} with an average's weights
 * at a step, and {@code step}, {@code first_step} and {@code gamma} in the metadata.
 *
 * <p>Each file appears whole, by a rename. What was written after a run's newest checkpoint is
 * deleted when the run goes on from there.
 */
public final class Snapshots {

    private static final String FOLDER = "snapshots";
    private static final String END = ".safetensors";
    private static final String STEP = "step";
    private static final String FIRST = "first_step";
    private static final String GAMMA = "gamma";

    private final Path folder;

    /**
     * @param run the run's folder
     */
    public Snapshots(Path run) {
        this.folder = run.resolve(FOLDER);
    }

    /**
     * A snapshot on disk.
     *
     * @param file with the weights
     * @param step k of the run
     * @param firstStep k at which the average began
     * @param rate its law
     */
    public record Snapshot(Path file, long step, long firstStep, EmaRate.Power rate) {

        /** What the average has seen. */
        public Profile profile() {
            return new Profile(step - (double) firstStep, rate);
        }
    }

    /** Writes what an average of this state is now, unless it has just begun. */
    void write(EvaluationAverage average, EmaRate.Power rate, TrainState state, DType storage) {
        long first = state.counters().stage().firstStep();
        if (state.step() == first) {
            return;
        }
        Path file = folder.resolve(name(average.config().label(), state.step()));
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        try (Scope _ = Scope.open()) {
            Files.createDirectories(folder);
            average.network()
                    .parameters()
                    .forEach((name, weight) -> entries.put(name, entry(name, weight, storage)));
            SafetensorsFile.write(
                    file,
                    entries,
                    Map.of(
                            STEP, Long.toString(state.step()),
                            FIRST, Long.toString(first),
                            GAMMA, Double.toString(rate.gamma())));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    /** Deletes the snapshots of all averages that are later than a step. */
    void rewind(long step) {
        try {
            for (Snapshot late : list()) {
                if (late.step > step) {
                    Files.delete(late.file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete late snapshots in " + folder, e);
        }
    }

    private static String name(String label, long step) {
        return String.format(Locale.ROOT, "%s-%08d%s", label, step, END);
    }

    private static TensorEntry entry(String name, Tensor weight, DType storage) {
        Tensor here = weight.to(Device.CPU);
        Tensor stored = (here.rank() > 1 ? here.to(storage) : here).contiguous();
        return new TensorEntry(name, stored.dtype(), stored.shape(), stored.asSegment());
    }

    /**
     * Deletes all but the newest snapshot of an average and those at multiples of some steps: the
     * least {@code every · 2^i} of which no more than {@code most} are left.
     */
    void prune(String label, int every, int most) {
        List<Snapshot> all =
                list().stream()
                        .filter(s -> s.file.getFileName().toString().equals(name(label, s.step)))
                        .toList();
        long apart = every;
        while (count(all, apart) > most) {
            apart *= 2;
        }
        try {
            for (Snapshot old : all.subList(0, Math.max(0, all.size() - 1))) {
                if (old.step % apart != 0) {
                    Files.delete(old.file);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete old snapshots in " + folder, e);
        }
    }

    private static long count(List<Snapshot> all, long apart) {
        return all.stream().filter(s -> s.step % apart == 0).count();
    }

    /**
     * All snapshots, the oldest first.
     *
     * @throws FormatException naming a file that is none
     */
    public List<Snapshot> list() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file ->
                            file.getFileName().toString().matches("[^.].*-\\d{8,18}\\" + END))
                    .map(Snapshots::read)
                    .sorted(
                            Comparator.comparingLong(Snapshot::step)
                                    .thenComparing(s -> s.file.toString()))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot list " + folder, e);
        }
    }

    private static Snapshot read(Path file) {
        try (SafetensorsFile open = SafetensorsFile.open(file)) {
            Map<String, String> facts = open.metadata();
            return new Snapshot(
                    file,
                    Long.parseLong(facts.getOrDefault(STEP, "")),
                    Long.parseLong(facts.getOrDefault(FIRST, "")),
                    new EmaRate.Power(Double.parseDouble(facts.getOrDefault(GAMMA, ""))));
        } catch (IllegalArgumentException e) {
            throw new FormatException(
                    file, e.getMessage(), "a snapshot with step, first_step and gamma", e);
        }
    }

    /**
     * Writes Σ x_i e_i into a network, summed in double precision.
     *
     * @param parts snapshots of this network's shape
     * @param factors x, one for each
     * @param into overwritten
     * @throws FormatException naming the snapshot that does not fit
     */
    public static void sum(List<Snapshot> parts, double[] factors, UNet into) {
        try (Scope _ = Scope.open();
                UNet part = UNet.zeroed(into.config())) {
            Tensor sum = Tensor.zeros(DType.F64, into.weights().elementCount());
            for (int i = 0; i < factors.length; i++) {
                try (Scope _ = Scope.open()) {
                    load(parts.get(i).file, part);
                    sum.assign(sum.plus(part.weights().to(DType.F64).times(factors[i])));
                }
            }
            into.weights().assign(sum.to(DType.F32));
        }
    }

    private static void load(Path file, UNet part) {
        try (SafetensorsFile open = SafetensorsFile.open(file);
                Scope _ = Scope.open()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            open.entries()
                    .forEach((name, e) ->
                            tensors.put(name, Tensor.copyOf(e.data(), e.dtype(), e.shape())));
            part.load(tensors);
        } catch (IllegalArgumentException e) {
            throw new FormatException(file, e.getMessage(), "the run's network", e);
        }
    }
}
